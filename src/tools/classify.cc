// floe classify: what an engine sees in pictures.
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "floe/session.h"
#include "tools/classify_sheet.h"
#include "tools/command.h"
#include "tools/feeds.h"
#include "tools/interrupt.h"
#include "tools/picture_options.h"
#include "tools/table.h"
#include "verify/compare.h"

namespace floe::tools {
namespace {

using Json = nlohmann::ordered_json;

struct ClassifyArgs {
  std::string engine;
  std::vector<std::string> images;
  int64_t top = 5;
  std::string labels;
  std::string preprocess;
  std::string output;
  std::string html;
  int threads = 0;
  bool no_verify = false;
  bool json = false;
};

bool IsPictureName(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png";
}

// Files as given; of a folder, the pictures that lie in it, by name.
std::vector<std::string> ListPictures(const std::vector<std::string>& given) {
  std::vector<std::string> pictures;
  for (const std::string& path : given) {
    if (!IsDirectory(path)) {
      if (!FileExists(path)) Throw(ErrorCode::kModel, "{}: no such picture", path);
      pictures.push_back(path);
      continue;
    }
    const size_t before = pictures.size();
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator(path, failed)) {
      std::error_code gone;
      if (IsPictureName(entry.path()) && entry.is_regular_file(gone))
        pictures.push_back(entry.path().string());
    }
    if (failed) Throw(ErrorCode::kModel, "{}: cannot read this folder: {}", path, failed.message());
    if (pictures.size() == before)
      Throw(ErrorCode::kModel, "{}: no picture (.jpg, .jpeg, .png) in this folder", path);
    std::sort(pictures.begin() + static_cast<std::ptrdiff_t>(before), pictures.end());
  }
  return pictures;
}

// Puts pictures into the engine's one input, a batch at a time.
class PictureInput {
 public:
  PictureInput(const Engine& engine, const std::string& engine_path, const std::string& preprocess) {
    const std::vector<TensorSpec> inputs = engine.inputs();
    if (inputs.size() != 1) {
      Throw(ErrorCode::kUsage, "{}: expected one input, a picture, found {} inputs", engine_path,
            inputs.size());
    }
    spec_ = inputs[0];
    if (spec_.dims.size() != 4 ||
        std::ranges::any_of(spec_.dims, [](int64_t d) { return d <= 0 || d > 1 << 20; })) {
      Throw(ErrorCode::kUsage, "{}: input '{}': expected the 4 dimensions of pictures, found {}", engine_path,
            spec_.name, DimsToString(spec_.dims));
    }
    preprocess_ = ChoosePreprocess(preprocess, engine, engine_path);
    FitLayout();
    preprocess_.dtype = spec_.dtype;
  }

  int64_t batch() const { return spec_.dims[0]; }

  NamedTensor Read(std::span<const std::string> pictures) const {
    const bool planar = preprocess_.layout == Preprocess::Layout::kNchw;
    const auto height = static_cast<int>(spec_.dims[planar ? 2 : 1]);
    const auto width = static_cast<int>(spec_.dims[planar ? 3 : 2]);
    const auto channels = static_cast<int>(spec_.dims[planar ? 1 : 3]);
    Tensor input(spec_.dtype, spec_.dims);
    auto* to = static_cast<uint8_t*>(input.raw());
    for (const std::string& path : pictures) {
      const Image image = ReadImage(path, preprocess_.channels());
      const Tensor one = PreprocessImage(image, preprocess_, height, width, channels);
      std::memcpy(to, one.raw(), one.size_bytes());
      to += one.size_bytes();
    }
    return {spec_.name, input};
  }

 private:
  // A preset says nothing of the layout: the side that has the right number of channels is the channels.
  void FitLayout() {
    const int channels = preprocess_.channels();
    const bool fits_nhwc = spec_.dims[3] == channels;
    const bool fits_nchw = spec_.dims[1] == channels;
    if (fits_nhwc == fits_nchw) return;
    preprocess_.layout = fits_nhwc ? Preprocess::Layout::kNhwc : Preprocess::Layout::kNchw;
  }

  TensorSpec spec_;
  Preprocess preprocess_;
};

size_t ChooseOutput(const Engine& engine, const ClassifyArgs& args) {
  const std::vector<TensorSpec> outputs = engine.outputs();
  std::vector<std::string> names;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (args.output.empty() ? outputs.size() == 1 : SameName(outputs[i], args.output)) return i;
    names.push_back(outputs[i].name);
  }
  if (args.output.empty()) {
    Throw(ErrorCode::kUsage, "{}: several outputs; choose one with --output: {}", args.engine,
          JoinText(names, ", "));
  }
  Throw(ErrorCode::kUsage, "--output '{}': the engine has no such output; it has {}", args.output,
        JoinText(names, ", "));
}

// Scores of `batch` pictures, one row each.
std::vector<double> ScoresOf(const NamedTensor& output, int64_t batch) {
  const Tensor& t = output.tensor;
  const bool numbers = IsFloat(t.dtype()) || IsInteger(t.dtype());
  const int64_t row = t.rank() == 0 ? 1 : t.dims().back();
  if (!numbers || row < 1 || t.size() != batch * row) {
    Throw(ErrorCode::kUsage, "output '{}': expected one row of scores for each of {} pictures, found {}{}",
          output.name, batch, DTypeName(t.dtype()), DimsToString(t.dims()));
  }
  return AsDoubles(t);
}

class Classifier {
 public:
  explicit Classifier(const ClassifyArgs& args)
      : args_(args),
        engine_(Engine::Load(args.engine, {!args.no_verify})),
        input_(*engine_, args.engine, args.preprocess),
        output_(ChooseOutput(*engine_, args)),
        labels_(args.labels.empty() ? engine_->labels() : ReadLabels(args.labels)),
        session_(engine_, {args.threads, [] { return Interrupted(); }}) {}

  std::vector<Classified> Run(const std::vector<std::string>& pictures, Progress& progress) {
    std::vector<Classified> results;
    const auto batch = static_cast<size_t>(input_.batch());
    for (size_t at = 0; at < pictures.size(); at += batch) {
      progress.Update("classifying", static_cast<double>(at) / static_cast<double>(pictures.size()));
      RunBatch(std::span(pictures).subspan(at, std::min(batch, pictures.size() - at)), results);
    }
    return results;
  }

 private:
  void RunBatch(std::span<const std::string> pictures, std::vector<Classified>& results) {
    if (Interrupted()) throw Error(ErrorCode::kInterrupted, "interrupted");
    const NamedTensor feed = input_.Read(pictures);
    const std::vector<NamedTensor> outputs = session_.Run({&feed, 1});
    const std::vector<double> scores = ScoresOf(outputs[output_], input_.batch());
    const size_t classes = scores.size() / static_cast<size_t>(input_.batch());
    const std::span<const double> filled = std::span(scores).first(pictures.size() * classes);
    if (results.empty()) LookAtFirst(filled, static_cast<int64_t>(classes));
    for (size_t i = 0; i < pictures.size(); ++i) {
      results.push_back(
          {pictures[i], TopClasses(filled.subspan(i * classes, classes), kind_, args_.top, labels_)});
    }
  }

  // What holds for one batch holds for all of them.
  void LookAtFirst(std::span<const double> scores, int64_t classes) {
    labels_ = FitLabels(std::move(labels_), classes, args_.labels.empty() ? args_.engine : args_.labels);
    kind_ = KindOfScores(scores, classes);
    if (kind_ == ScoreKind::kLogits) {
      LogWarning("the output's rows are no probabilities (they do not sum to 1): softmax is applied");
    } else if (kind_ == ScoreKind::kIndependent) {
      LogWarning("the output's scores lie between 0 and 1 but do not sum to 1: they are shown as they are");
    }
  }

  const ClassifyArgs& args_;
  std::shared_ptr<const Engine> engine_;
  PictureInput input_;
  size_t output_;
  std::vector<std::string> labels_;
  Session session_;
  ScoreKind kind_ = ScoreKind::kProbabilities;
};

void PrintJson(const std::vector<Classified>& results) {
  Json list = Json::array();
  for (const Classified& result : results) {
    Json top = Json::array();
    for (const ClassScore& score : result.top) {
      top.push_back({{"index", score.index},
                     {"label", score.label.empty() ? Json(nullptr) : Json(score.label)},
                     {"probability", score.probability}});
    }
    list.push_back({{"image", result.image}, {"top", top}});
  }
  const Json json = {{"schema", "floe.classify/1"}, {"results", list}};
  // Names of files need not be UTF-8.
  fmt::print("{}\n", json.dump(1, ' ', false, Json::error_handler_t::replace));
}

void PrintText(const std::vector<Classified>& results) {
  for (const Classified& result : results) {
    fmt::print("{}\n", Bold(result.image));
    Table table({">probability", ">class", "label"});
    for (const ClassScore& score : result.top) {
      table.Add({fmt::format("{:.2f} %", 100 * score.probability), std::to_string(score.index), score.label});
    }
    fmt::print("{}", table.ToString());
  }
}

void Classify(const ClassifyArgs& args, const ConsoleOptions& console) {
  Classifier classifier(args);
  const std::vector<std::string> pictures = ListPictures(args.images);
  Progress progress(!console.quiet);
  const std::vector<Classified> results = classifier.Run(pictures, progress);
  progress.Clear();
  if (!args.html.empty()) {
    WriteContactSheet(args.html, std::filesystem::path(args.engine).filename().string(), results);
  }
  if (args.json) {
    PrintJson(results);
  } else if (args.html.empty() || !console.quiet) {
    PrintText(results);
  }
}

}  // namespace

void AddClassify(CLI::App& app, const ConsoleOptions& console) {
  auto args = std::make_shared<ClassifyArgs>();
  app.add_option("ENGINE", args->engine, "An engine file")->required();
  app.add_option("IMAGE", args->images, "JPEG and PNG files, or folders of them")->required();
  app.add_option("--top", args->top, "Classes to show of each picture")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app.add_option("--labels", args->labels, "Class names, one a line; default: the engine's")
      ->type_name("FILE");
  AddPreprocessOption(app, args->preprocess, "How pictures become inputs; default: the engine's");
  app.add_option("--output", args->output, "The scores, if the engine has several outputs")
      ->type_name("NAME");
  app.add_option("--html", args->html, "Write a contact sheet: pictures, labels, probabilities")
      ->type_name("OUT.html");
  app.add_option("--threads", args->threads, "0: one a processor")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_flag("--no-verify", args->no_verify, "Do not compare the engine's checksums");
  app.add_flag("--json", args->json, "For programs");
  app.callback([args, &console] { Classify(*args, console); });
}

}  // namespace floe::tools
