#include "frontend/tensorflow/rewrite/variable_values.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "formats/tensorflow/tensor_proto.h"

namespace floe {
namespace {

constexpr const char* kObjectGraphKey = "_CHECKPOINTABLE_OBJECT_GRAPH";
// What TensorFlow writes as shared_name of a resource that is to have a name of its own.
constexpr std::string_view kAnonymous = "cd2c89b7-88b7-44c8-ad83-06c2a9158347";

std::string WithoutPort(const std::string& tensor) {
  return tensor.substr(0, tensor.rfind(':'));
}

std::string SliceText(const tf::SaveSliceInfoDef& info) {
  std::string text;
  for (const int64_t dim : info.full_shape()) text += std::to_string(dim) + " ";
  for (int i = 0; i < info.var_offset_size() && i < info.var_shape_size(); ++i) {
    if (i > 0) text += ":";
    text += std::to_string(info.var_offset(i)) + "," + std::to_string(info.var_shape(i));
  }
  return text;
}

// "w/part_2" -> "w", 2.
std::optional<std::pair<std::string, int64_t>> AsPart(const std::string& name) {
  const size_t at = name.rfind("/part_");
  if (at == std::string::npos) return std::nullopt;
  const std::optional<int64_t> number = ParseInt(std::string_view(name).substr(at + 6));
  if (!number || *number < 0) return std::nullopt;
  return std::pair(name.substr(0, at), *number);
}

}  // namespace

std::optional<VariableNode> AsVariable(const tf::NodeDef& node) {
  const std::string& op = node.op();
  const bool is_resource = op == "VarHandleOp";
  if (!is_resource && op != "Variable" && op != "VariableV2" && op != "AutoReloadVariable")
    return std::nullopt;
  VariableNode variable{
      .node = node.name(), .resource = StringAttr(node, "shared_name"), .is_resource = is_resource};
  if (variable.resource.empty() || variable.resource == kAnonymous) variable.resource = node.name();
  variable.type = TypeAttr(node, "dtype");
  const tf::AttrValue* shape = FindAttr(node, "shape");
  if (shape != nullptr && shape->value_case() == tf::AttrValue::kShape) {
    variable.dims = DimsFromShapeProto(shape->shape(), "variable '" + node.name() + "'");
  }
  // The first kind of variable says "unknown" by an empty shape.
  if (op == "Variable" && variable.dims && variable.dims->empty()) variable.dims.reset();
  return variable;
}

VariableValues::VariableValues(const TensorFlowModel& model) : prefix_(model.checkpoint_prefix) {
  restores_ = FindRestoreSources(model.graph, model.meta ? model.meta->saver_def().restore_op_name() : "");
  for (const tf::NodeDef& node : model.graph.node()) {
    const std::optional<VariableNode> variable = AsVariable(node);
    if (variable && variable->dims && AsPart(variable->resource))
      parts_[variable->resource] = *variable->dims;
  }
  if (!model.meta) return;
  for (const tf::SavedObject& object : model.meta->object_graph_def().nodes()) {
    object_names_.push_back(object.has_variable() ? object.variable().name() : "");
  }
  for (const auto& [name, collection] : model.meta->collection_def()) {
    // Conditionals and loops have messages of their own, at which protobuf would complain on stderr.
    if (name == "cond_context" || name == "while_context") continue;
    for (const std::string& bytes : collection.bytes_list().value()) {
      tf::VariableDef variable;
      if (!variable.ParseFromString(bytes) || !variable.has_save_slice_info_def()) continue;
      const tf::SaveSliceInfoDef& info = variable.save_slice_info_def();
      slices_[WithoutPort(variable.variable_name())] = {info.full_name(), SliceText(info)};
    }
  }
}

bool VariableValues::Open() {
  if (checkpoint_ != nullptr) return true;
  if (prefix_.empty()) return false;
  checkpoint_ = Checkpoint::Open(prefix_);
  const CheckpointEntry* entry = checkpoint_->Find(kObjectGraphKey);
  if (entry == nullptr || entry->type != tf::DT_STRING) return true;
  const Tensor bytes = checkpoint_->Read(kObjectGraphKey);
  tf::TrackableObjectGraph objects;
  if (bytes.size() != 1 || !objects.ParseFromString(bytes.data<std::string>()[0])) {
    Throw(ErrorCode::kModel, "checkpoint '{}': expected an object graph under {}, found other bytes", prefix_,
          kObjectGraphKey);
  }
  for (int i = 0; i < objects.nodes_size(); ++i) {
    for (const auto& attribute : objects.nodes(i).attributes()) {
      if (attribute.name() != "VARIABLE_VALUE") continue;
      if (!attribute.full_name().empty())
        object_keys_.emplace(attribute.full_name(), attribute.checkpoint_key());
      const size_t object = static_cast<size_t>(i);
      if (object < object_names_.size() && !object_names_[object].empty()) {
        object_keys_.emplace(object_names_[object], attribute.checkpoint_key());
      }
    }
  }
  return true;
}

std::optional<RestoreSource> VariableValues::Locate(const VariableNode& variable) {
  const auto holds = [&](const std::string& key) { return checkpoint_->Find(key) != nullptr; };
  const std::string names[] = {variable.node, variable.resource};
  for (const std::string& name : names) {
    const auto found = restores_.find(name);
    if (found == restores_.end()) continue;
    for (const RestoreSource& source : found->second) {
      if (holds(source.key)) return source;
    }
  }
  for (const std::string& name : names) {
    const auto found = object_keys_.find(name);
    if (found != object_keys_.end() && holds(found->second)) return RestoreSource{found->second, ""};
  }
  for (const std::string& name : names) {
    const auto found = slices_.find(name);
    if (found != slices_.end() && holds(found->second.key)) return found->second;
  }
  for (const std::string& name : names) {
    for (const std::string& key : {name, name + "/.ATTRIBUTES/VARIABLE_VALUE"}) {
      if (holds(key)) return RestoreSource{key, ""};
    }
  }
  return LocatePart(variable);
}

// A bare graph with a partitioned variable: w/part_0, w/part_1... lie one behind the other in w, along the
// one dimension in which they are shorter.
std::optional<RestoreSource> VariableValues::LocatePart(const VariableNode& variable) const {
  const auto part = AsPart(variable.resource);
  if (!part || !variable.dims) return std::nullopt;
  const CheckpointEntry* whole = checkpoint_->Find(part->first);
  if (whole == nullptr || whole->dims.size() != variable.dims->size()) return std::nullopt;
  std::vector<size_t> shorter;
  for (size_t i = 0; i < whole->dims.size(); ++i) {
    if (whole->dims[i] != (*variable.dims)[i]) shorter.push_back(i);
  }
  if (shorter.size() > 1) return std::nullopt;
  const size_t axis = shorter.empty() ? 0 : shorter[0];
  int64_t offset = 0;
  for (int64_t i = 0; i < part->second; ++i) {
    const auto before = parts_.find(part->first + "/part_" + std::to_string(i));
    if (before == parts_.end() || before->second.size() <= axis) return std::nullopt;
    offset += before->second[axis];
  }
  tf::SaveSliceInfoDef info;
  for (size_t i = 0; i < whole->dims.size(); ++i) {
    info.add_full_shape(whole->dims[i]);
    info.add_var_offset(i == axis ? offset : 0);
    info.add_var_shape((*variable.dims)[i]);
  }
  return RestoreSource{part->first, SliceText(info)};
}

std::optional<Tensor> VariableValues::Read(const VariableNode& variable) {
  if (const auto set = overrides_.find(variable.resource); set != overrides_.end()) return set->second;
  if (!Open()) return std::nullopt;
  const std::optional<RestoreSource> source = Locate(variable);
  if (!source) return std::nullopt;
  const SliceSpec slice = ParseSliceSpec(source->slice, "variable '" + variable.node + "'");
  Tensor value = checkpoint_->ReadSlice(source->key, slice.slice);
  const DType type = RequireDTypeFromTf(variable.type, "variable '" + variable.node + "'");
  bool same = value.dtype() == type && (!variable.dims || variable.dims->size() == value.rank());
  for (size_t i = 0; same && variable.dims && i < value.rank(); ++i) {
    same = (*variable.dims)[i] < 0 || (*variable.dims)[i] == value.dims()[i];
  }
  if (!same) {
    tf::TensorShapeProto shape;
    if (variable.dims) DimsToShapeProto(*variable.dims, &shape);
    shape.set_unknown_rank(!variable.dims);
    Throw(ErrorCode::kModel, "variable '{}': expected {} {}, found {} {} under '{}' in the checkpoint '{}'",
          variable.node, DTypeName(type), ShapeProtoToString(shape), DTypeName(value.dtype()),
          DimsToString(value.dims()), source->key, prefix_);
  }
  return value;
}

std::optional<Tensor> VariableValues::ReadKey(const std::string& key) {
  if (!Open() || checkpoint_->Find(key) == nullptr) return std::nullopt;
  return checkpoint_->Read(key);
}

std::string VariableValues::Suggest(const VariableNode& variable) {
  return Open() ? DidYouMean(variable.resource, checkpoint_->names()) : "";
}

}  // namespace floe
