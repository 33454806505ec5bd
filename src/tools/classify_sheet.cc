#include "tools/classify_sheet.h"

#include <algorithm>
#include <filesystem>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/quoting.h"

namespace floe::tools {
namespace {

constexpr const char* kHead = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 14px/1.4 system-ui, sans-serif; margin: 24px; }}
h1 {{ font-size: 18px; margin: 0; }}
p {{ margin: 4px 0 20px; opacity: .7; }}
main {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(210px, 1fr)); gap: 16px; }}
figure {{ margin: 0; padding: 10px; border: 1px solid #8884; border-radius: 8px; }}
img {{ width: 100%; height: 190px; object-fit: contain; background: #8882; border-radius: 4px; }}
img.small {{ image-rendering: pixelated; }}
figcaption {{ margin: 6px 0; font-size: 12px; opacity: .7; overflow-wrap: anywhere; }}
.row {{ display: grid; grid-template-columns: 1fr auto; gap: 8px; padding: 1px 6px; border-radius: 4px; margin-top: 2px; }}
.row:first-of-type {{ font-weight: 600; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{count} picture{plural}</p>
<main>
)html";
constexpr size_t kMostRows = 5;
constexpr size_t kPixelatedBelowBytes = 4096;  // tiny pictures are enlarged with sharp pixels

std::string Base64(Bytes bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t have = std::min<size_t>(3, bytes.size() - i);
    uint32_t word = 0;
    for (size_t j = 0; j < 3; ++j) word = word << 8 | (j < have ? bytes[i + j] : 0u);
    for (size_t j = 0; j < 4; ++j) out += j <= have ? kDigits[word >> (18 - 6 * j) & 63u] : '=';
  }
  return out;
}

// The bar behind a row is as long as the class is probable.
std::string Row(const ClassScore& score) {
  const double percent = 100 * std::clamp(score.probability, 0.0, 1.0);
  const std::string name =
      score.label.empty() ? fmt::format("class {}", score.index) : HtmlEscaped(score.label);
  return fmt::format(
      "<div class=\"row\" style=\"background:linear-gradient(90deg,#4a90d955 {:.1f}%,transparent 0)\">"
      "<span>{}</span><span>{:.1f} %</span></div>\n",
      percent, name, percent);
}

std::string Card(const Classified& result) {
  const auto file = MappedFile::Open(result.image);
  const Bytes bytes = file->bytes();
  const char* type = !bytes.empty() && bytes[0] == 0x89 ? "image/png" : "image/jpeg";
  const std::string name = HtmlEscaped(std::filesystem::path(result.image).filename().string());
  std::string card = fmt::format(
      "<figure><img{} alt=\"{}\" src=\"data:{};base64,{}\"><figcaption>{}</figcaption>\n",
      bytes.size() < kPixelatedBelowBytes ? " class=\"small\"" : "", name, type, Base64(bytes), name);
  for (size_t i = 0; i < std::min(kMostRows, result.top.size()); ++i) card += Row(result.top[i]);
  return card + "</figure>\n";
}

}  // namespace

void WriteContactSheet(const std::string& path, const std::string& title,
                       const std::vector<Classified>& results) {
  AtomicFile file(path);
  file.Write(AsBytes(fmt::format(fmt::runtime(kHead), fmt::arg("title", HtmlEscaped(title)),
                                 fmt::arg("count", results.size()),
                                 fmt::arg("plural", results.size() == 1 ? "" : "s"))));
  for (const Classified& result : results) file.Write(AsBytes(Card(result)));
  file.Write(AsBytes("</main>\n</body>\n</html>\n"));
  file.Commit();
}

}  // namespace floe::tools
