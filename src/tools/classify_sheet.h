// A contact sheet: pictures with what a network sees in them, as one HTML file that needs nothing else.
#ifndef FLOE_TOOLS_CLASSIFY_SHEET_H_
#define FLOE_TOOLS_CLASSIFY_SHEET_H_

#include <string>
#include <vector>

#include "tools/classify_scores.h"

namespace floe::tools {

struct Classified {
  std::string image;  // path
  std::vector<ClassScore> top;
};

// Each picture is embedded with its own bytes. Throws Error: kModel (a picture has gone), kResource (`path`).
void WriteContactSheet(const std::string& path, const std::string& title,
                       const std::vector<Classified>& results);

}  // namespace floe::tools

#endif  // FLOE_TOOLS_CLASSIFY_SHEET_H_
