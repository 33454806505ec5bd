// The viewer's page: the files of page/ put together into one that needs nothing else.
#ifndef FLOE_VIEW_PAGE_H_
#define FLOE_VIEW_PAGE_H_

#include <string>
#include <string_view>

namespace floe::view {

// With the data in it: works from disk, without a server and without a network. `json` is what ToJson gives.
std::string SelfContainedPage(std::string_view title, std::string_view json);
// Fetches `data.json` from where it came from.
std::string ServedPage(std::string_view title);

}  // namespace floe::view

#endif  // FLOE_VIEW_PAGE_H_
