// floe completion and floe man: what a shell and man(1) need to know of the options, told by the options
// themselves.
#include <algorithm>
#include <memory>

#include "base/quoting.h"
#include "tools/command.h"

namespace floe::tools {
namespace {

struct OptionHelp {
  std::vector<std::string> names;  // "-o", "--saveEngine"
  std::string what;
  std::string value;  // "OUT.floe"; "" for a flag
  std::string group;
};

struct CommandHelp {
  std::string name;
  std::string what;
  std::vector<std::string> positionals;
  std::vector<OptionHelp> options;
};

CommandHelp HelpOf(const CLI::App& app) {
  CommandHelp help{app.get_name(), app.get_description(), {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    if (option->get_positional()) {
      help.positionals.push_back(option->get_name(true));
      continue;
    }
    OptionHelp entry{{}, option->get_description(), "", option->get_group()};
    for (const std::string& name : option->get_snames()) entry.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) entry.names.push_back("--" + name);
    const bool is_flag = option->get_items_expected_max() == 0;
    if (!is_flag) entry.value = option->get_type_name().empty() ? "VALUE" : option->get_type_name();
    help.options.push_back(std::move(entry));
  }
  return help;
}

std::vector<CommandHelp> Commands(const CLI::App& root) {
  std::vector<CommandHelp> commands;
  for (const CLI::App* sub : root.get_subcommands([](const CLI::App*) { return true; })) {
    commands.push_back(HelpOf(*sub));
  }
  return commands;
}

std::string NamesOf(const CommandHelp& command) {
  std::string names;
  for (const OptionHelp& option : command.options) {
    for (const std::string& name : option.names) names += (names.empty() ? "" : " ") + name;
  }
  return names;
}

void PrintBash(const std::vector<CommandHelp>& commands) {
  std::string all;
  for (const CommandHelp& command : commands) all += (all.empty() ? "" : " ") + command.name;
  fmt::print("_floe() {{\n  local word=${{COMP_WORDS[COMP_CWORD]}} names=\n");
  fmt::print("  if [[ $COMP_CWORD -eq 1 ]]; then\n");
  fmt::print("    COMPREPLY=($(compgen -W {} -- \"$word\"))\n    return\n  fi\n",
             ShellQuoted(all + " --help --version"));
  fmt::print("  case ${{COMP_WORDS[1]}} in\n");
  for (const CommandHelp& command : commands) {
    fmt::print("    {}) names={} ;;\n", command.name, ShellQuoted(NamesOf(command)));
  }
  fmt::print("  esac\n");
  fmt::print("  if [[ $word == -* ]]; then COMPREPLY=($(compgen -W \"$names\" -- \"$word\")); fi\n}}\n");
  fmt::print("complete -o default -o bashdefault -F _floe floe\n");
}

// What stands in brackets and after colons means something to zsh.
std::string ZshText(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':') out += '\\';
    out += c;
  }
  return out;
}

void PrintZsh(const std::vector<CommandHelp>& commands) {
  fmt::print("#compdef floe\n_floe() {{\n  local -a commands=(\n");
  for (const CommandHelp& c : commands) fmt::print("    {}\n", ShellQuoted(c.name + ":" + ZshText(c.what)));
  fmt::print(
      "  )\n  if (( CURRENT == 2 )); then _describe command commands; return; fi\n  case $words[2] in\n");
  for (const CommandHelp& command : commands) {
    fmt::print("    {}) _arguments -S", command.name);
    for (const OptionHelp& option : command.options) {
      for (const std::string& name : option.names) {
        const std::string value = option.value.empty() ? "" : ":" + ZshText(option.value) + ":_files";
        fmt::print(" \\\n      {}", ShellQuoted("*" + name + "[" + ZshText(option.what) + "]" + value));
      }
    }
    fmt::print(" '*:file:_files' ;;\n");
  }
  fmt::print("  esac\n}}\ncompdef _floe floe\n");
}

void PrintFish(const std::vector<CommandHelp>& commands) {
  for (const CommandHelp& command : commands) {
    fmt::print("complete -c floe -n __fish_use_subcommand -f -a {} -d {}\n", command.name,
               ShellQuoted(command.what));
    for (const OptionHelp& option : command.options) {
      fmt::print("complete -c floe -n '__fish_seen_subcommand_from {}'", command.name);
      for (const std::string& name : option.names) {
        const bool is_long = name.starts_with("--");
        fmt::print(" {} {}", is_long ? "-l" : "-s", name.substr(is_long ? 2 : 1));
      }
      fmt::print("{} -d {}\n", option.value.empty() ? "" : " -r", ShellQuoted(option.what));
    }
  }
}

// Text for troff: backslashes and a dot or quote that begins a line would be commands.
std::string Troff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

void PrintMan(const std::vector<CommandHelp>& commands, const std::string& summary) {
  fmt::print(".TH FLOE 1 \"\" \"floe {}\" \"User Commands\"\n.SH NAME\nfloe \\- {}\n", FLOE_VERSION,
             Troff(summary));
  fmt::print(".SH SYNOPSIS\n.B floe\n.I COMMAND\n[\\fIOPTION\\fR]...\n.SH COMMANDS\n");
  for (const CommandHelp& command : commands) {
    fmt::print(".SS floe {}", command.name);
    for (const std::string& positional : command.positionals) fmt::print(" {}", Troff(positional));
    fmt::print("\n{}.\n", Troff(command.what));
    for (const OptionHelp& option : command.options) {
      fmt::print(".TP\n");
      for (size_t i = 0; i < option.names.size(); ++i) {
        fmt::print("{}\\fB{}\\fR", i == 0 ? "" : ", ", Troff(option.names[i]));
      }
      fmt::print("{}\n{}\n", option.value.empty() ? "" : " \\fI" + Troff(option.value) + "\\fR",
                 Troff(option.what));
    }
  }
  fmt::print(
      ".SH EXIT STATUS\n0 ok; 1 internal; 2 usage, wrong feed or option; 3 model, engine or picture missing, "
      "damaged or unsupported; 4 engine of another version or for another machine; 5 accuracy gate; 6 "
      "performance "
      "gate; 7 out of a resource; 130 interrupted.\n");
}

}  // namespace

void AddCompletion(CLI::App& app, const ConsoleOptions&) {
  auto shell = std::make_shared<std::string>();
  app.add_option("SHELL", *shell, "bash, zsh or fish; the script goes to stdout")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  app.callback([shell, &app] {
    const std::vector<CommandHelp> commands = Commands(*app.get_parent());
    if (*shell == "bash") PrintBash(commands);
    if (*shell == "zsh") PrintZsh(commands);
    if (*shell == "fish") PrintFish(commands);
  });
}

void AddMan(CLI::App& app, const ConsoleOptions&) {
  app.callback([&app] { PrintMan(Commands(*app.get_parent()), app.get_parent()->get_description()); });
}

}  // namespace floe::tools
