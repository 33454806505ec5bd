// The files of page/ as text; page_files.cc is made by the build.
#ifndef FLOE_VIEW_PAGE_FILES_H_
#define FLOE_VIEW_PAGE_FILES_H_

#include <string_view>

namespace floe::view {

extern const std::string_view kIndexHtml;
extern const std::string_view kStyle;
extern const std::string_view kPageScript;    // the scripts of the page, in order
extern const std::string_view kWorkerScript;  // the scripts of the worker, in order

}  // namespace floe::view

#endif  // FLOE_VIEW_PAGE_FILES_H_
