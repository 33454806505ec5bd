#include "tools/usage.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace floe::tools {
namespace {

std::vector<std::string> OptionsOf(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// What nobody took: an option first, for what follows it was often meant as its value.
std::optional<std::string> WhatNobodyTook(const CLI::App& app) {
  const std::vector<std::string> rest = app.remaining();
  const auto option =
      std::ranges::find_if(rest, [](const std::string& word) { return word.starts_with('-'); });
  if (option == rest.end()) {
    if (rest.empty()) return std::nullopt;
    if (app.get_parent() != nullptr) return fmt::format("one argument too many: '{}'", rest.front());
    std::vector<std::string> commands;
    for (const CLI::App* command : app.get_subcommands(nullptr)) commands.push_back(command->get_name());
    return fmt::format("there is no command '{}'{}", rest.front(), DidYouMean(rest.front(), commands));
  }
  const std::string name = option->substr(0, option->find('='));
  return fmt::format("there is no option '{}'{}", name, DidYouMean(name, OptionsOf(app)));
}

}  // namespace

std::string UsageMessage(const CLI::App& app, const CLI::Error& error) {
  const std::vector<CLI::App*> used = app.get_subcommands();
  const CLI::App& at = used.empty() ? app : *used.front();
  const std::string name = used.empty() ? "floe" : "floe " + at.get_name();
  // The parser asks for what is missing before it names what it does not know, which often is the same slip.
  const bool of_words = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr ||
                        dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  const std::string what = of_words ? WhatNobodyTook(at).value_or(error.what()) : error.what();
  return fmt::format("floe: {} (see {} --help)", what, name);
}

}  // namespace floe::tools
