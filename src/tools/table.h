// Columns for people: widths fit the contents, numbers to the right.
#ifndef FLOE_TOOLS_TABLE_H_
#define FLOE_TOOLS_TABLE_H_

#include <string>
#include <vector>

namespace floe::tools {

class Table {
 public:
  // A title that starts with '>' makes a right-aligned column (the sign is not shown).
  explicit Table(std::vector<std::string> titles);
  void Add(std::vector<std::string> cells);
  std::string ToString() const;  // ends with a newline
  bool empty() const { return rows_.empty(); }

 private:
  std::vector<std::string> titles_;
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace floe::tools

#endif  // FLOE_TOOLS_TABLE_H_
