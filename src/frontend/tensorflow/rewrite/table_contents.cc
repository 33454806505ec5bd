// Keys and values of tables, from text files and checkpoints into constants.
#include <filesystem>
#include <optional>
#include <unordered_map>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "formats/tensorflow/tensor_proto.h"
#include "frontend/selection.h"
#include "frontend/tensorflow/rewrite/nodes.h"
#include "frontend/tensorflow/rewrite/tables.h"

namespace floe {
namespace {

constexpr int64_t kWholeLine = -2;
constexpr int64_t kLineNumber = -1;

class ContentEmbedder {
 public:
  ContentEmbedder(WorkGraph& work, const std::string& folder,
                  const std::map<std::string, std::string>& assets, VariableValues& values)
      : work_(work), names_(work.main.graph), folder_(folder), assets_(assets), values_(values) {
    for (tf::NodeDef& node : *work.main.graph.mutable_node()) by_name_.emplace(node.name(), &node);
  }

  void Embed(tf::NodeDef& node) {
    if (node.op().starts_with("InitializeTableFromTextFile")) {
      EmbedTextFile(node);
    } else {
      for (int slot = 1; slot < DataInputCount(node); ++slot) EmbedRestored(node, slot);
    }
  }

 private:
  const tf::NodeDef* Producer(const std::string& input) const {
    const tf::NodeDef* node = by_name_.at(std::string(MustParseTensorRef(input).node));
    while (node->op() == "Identity" && DataInputCount(*node) > 0) {
      node = by_name_.at(std::string(MustParseTensorRef(node->input(0)).node));
    }
    return node;
  }

  void EmbedRestored(tf::NodeDef& node, int slot) {
    const TensorRefView ref = MustParseTensorRef(node.input(slot));
    const tf::NodeDef& restore = *by_name_.at(std::string(ref.node));
    if (restore.op() != "RestoreV2" || DataInputCount(restore) < 3) return;
    const tf::NodeDef* keys = Producer(restore.input(1));
    if (keys->op() != "Const") return;
    const Tensor list = ConstValue(*keys);
    if (list.dtype() != DType::kString || ref.port >= list.size()) return;
    const std::string& key = list.data<std::string>()[ref.port];
    const std::optional<Tensor> value = values_.ReadKey(key);
    if (!value) {
      Throw(ErrorCode::kModel, "node '{}' ({}): expected '{}' in the checkpoint '{}', found none",
            node.name(), node.op(), key, values_.checkpoint_prefix());
    }
    node.set_input(slot, AddConst(node.name() + (slot == 1 ? "/keys" : "/values"), *value));
  }

  std::string AddConst(const std::string& wanted, const Tensor& value) {
    const std::string name = names_.Take(wanted);
    AddNode(work_.main.graph, MakeConst(name, value));
    return name;
  }

  void EmbedTextFile(tf::NodeDef& node) {
    const std::string subject = "node '" + node.name() + "' (" + node.op() + ")";
    const tf::NodeDef* table = Producer(node.input(0));
    const tf::DataType key_type = TypeAttr(*table, "key_dtype");
    const tf::DataType value_type = TypeAttr(*table, "value_dtype");
    const std::vector<std::string> lines = Lines(FilePath(node, subject), node, subject);
    const Tensor keys = Column(lines, IntAttr(node, "key_index", kWholeLine), key_type, node, subject);
    const Tensor values = Column(lines, IntAttr(node, "value_index", kLineNumber), value_type, node, subject);
    std::vector<std::string> inputs = {node.input(0), AddConst(node.name() + "/keys", keys),
                                       AddConst(node.name() + "/values", values)};
    for (const std::string& input : node.input()) {
      if (input.starts_with('^')) inputs.push_back(input);
    }
    node.set_op(node.op().ends_with("V2") ? "InitializeTableV2" : "InitializeTable");
    node.clear_attr();
    SetTypeAttr(node, "Tkey", key_type);
    SetTypeAttr(node, "Tval", value_type);
    node.mutable_input()->Assign(inputs.begin(), inputs.end());
  }

  // A SavedModel of TensorFlow 2 holds the path in a variable: what is assigned to that.
  const tf::NodeDef* PathSource(const std::string& input) const {
    const tf::NodeDef* source = Producer(input);
    if (source->op() != "ReadVariableOp" || DataInputCount(*source) == 0) return source;
    const tf::NodeDef* variable = Producer(source->input(0));
    for (const tf::NodeDef& node : work_.main.graph.node()) {
      const bool assigns = node.op() == "AssignVariableOp" && DataInputCount(node) == 2;
      if (assigns && Producer(node.input(0)) == variable) return Producer(node.input(1));
    }
    return source;
  }

  // The file's path: an asset of the SavedModel, or what the constant says. Only files of the model's folder
  // are read.
  std::string FilePath(const tf::NodeDef& node, const std::string& subject) const {
    namespace fs = std::filesystem;
    const tf::NodeDef* source = PathSource(node.input(1));
    std::string file;
    if (const auto asset = assets_.find(source->name()); asset != assets_.end()) {
      file = asset->second;
    } else if (source->op() == "Const" && TypeAttr(*source, "dtype") == tf::DT_STRING) {
      const Tensor name = ConstValue(*source);
      if (name.size() == 1) file = name.data<std::string>()[0];
    }
    if (file.empty()) {
      Throw(ErrorCode::kModel, "{}: expected the name of its file as a constant, found node '{}' ({})",
            subject, source->name(), source->op());
    }
    std::error_code error;
    const fs::path root = fs::weakly_canonical(folder_.empty() ? "." : folder_, error);
    const fs::path path =
        fs::weakly_canonical(fs::path(file).is_absolute() ? fs::path(file) : root / file, error);
    const fs::path relative = path.lexically_relative(root);
    if (relative.empty() || *relative.begin() == "..") {
      Throw(ErrorCode::kModel, "{}: expected a file in the model's folder '{}', found '{}'", subject,
            root.string(), file);
    }
    return path.string();
  }

  static std::vector<std::string> Lines(const std::string& path, const tf::NodeDef& node,
                                        const std::string& subject) {
    const int64_t wanted = IntAttr(node, "vocab_size", -1);
    int64_t skip = IntAttr(node, "offset", 0);
    std::vector<std::string> lines;
    const std::string text = ReadTextFile(path);
    std::string line;
    const auto finish = [&] {
      if (skip-- <= 0 && (wanted < 0 || static_cast<int64_t>(lines.size()) < wanted)) lines.push_back(line);
      line.clear();
    };
    for (const char c : text) {
      if (c == '\n') {
        finish();
      } else if (c != '\r') {
        line += c;
      }
    }
    if (!line.empty()) finish();
    if (static_cast<int64_t>(lines.size()) < wanted) {
      Throw(ErrorCode::kModel, "{}: expected {} lines in '{}', found {}", subject, wanted, path,
            lines.size());
    }
    return lines;
  }

  static Tensor Column(const std::vector<std::string>& lines, int64_t index, tf::DataType type,
                       const tf::NodeDef& node, const std::string& subject) {
    const DType dtype = RequireDTypeFromTf(type, subject);
    const std::string attr = StringAttr(node, "delimiter");
    const char delimiter = attr.empty() ? '\t' : attr[0];
    Tensor column(dtype, {static_cast<int64_t>(lines.size())});
    for (size_t i = 0; i < lines.size(); ++i) {
      const auto fail = [&](std::string_view expected) {
        Throw(ErrorCode::kModel, "{}: expected {} in line {} of its file, found '{}'", subject, expected,
              i + 1, lines[i]);
      };
      std::string text = lines[i];
      if (index == kLineNumber) text = std::to_string(i);
      if (index >= 0) {
        const std::vector<std::string_view> parts = SplitText(lines[i], delimiter);
        if (static_cast<size_t>(index) >= parts.size()) fail("a column " + std::to_string(index));
        text = std::string(parts[static_cast<size_t>(index)]);
      }
      if (dtype == DType::kString) {
        column.data<std::string>()[i] = text;
        continue;
      }
      try {
        const Tensor one = ParseTensorText(text, dtype, subject);
        if (one.size() != 1) fail(DTypeName(dtype));
        std::copy_n(static_cast<const char*>(one.raw()), DTypeSize(dtype),
                    static_cast<char*>(column.raw()) + i * DTypeSize(dtype));
      } catch (const Error&) {
        fail(DTypeName(dtype));
      }
    }
    return column;
  }

  WorkGraph& work_;
  NameSet names_;
  std::string folder_;
  const std::map<std::string, std::string>& assets_;
  VariableValues& values_;
  std::unordered_map<std::string, tf::NodeDef*> by_name_;
};

}  // namespace

void EmbedTableContents(WorkGraph& work, const std::vector<std::string>& initializers,
                        const std::string& folder, const std::map<std::string, std::string>& assets,
                        VariableValues& values) {
  if (initializers.empty()) return;
  ContentEmbedder embedder(work, folder, assets, values);
  std::unordered_set<std::string> wanted(initializers.begin(), initializers.end());
  const int count = work.main.graph.node_size();
  for (int i = 0; i < count; ++i) {
    tf::NodeDef& node = *work.main.graph.mutable_node(i);
    if (wanted.contains(node.name())) embedder.Embed(node);
  }
}

}  // namespace floe
