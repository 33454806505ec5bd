#include "view/tensorboard.h"

#include <cmath>
#include <filesystem>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "formats/crc32c.h"
#include "formats/tensorflow/data_type.h"

namespace floe::view {
namespace {

// For each node the one that stands for it: the kernel that it lies in, or itself.
std::vector<int32_t> Owners(const Side& side) {
  std::unordered_map<std::string_view, int32_t> kernels;
  for (size_t i = 0; i < side.nodes.size(); ++i) {
    if (side.nodes[i].opens && !side.nodes[i].kernel.empty())
      kernels[side.nodes[i].name] = static_cast<int32_t>(i);
  }
  std::vector<int32_t> owners(side.nodes.size());
  for (size_t i = 0; i < side.nodes.size(); ++i) {
    owners[i] = static_cast<int32_t>(i);
    const std::string_view name = side.nodes[i].name;
    for (size_t slash = name.rfind('/'); slash != std::string_view::npos && slash > 0;
         slash = name.rfind('/', slash - 1)) {
      const auto kernel = kernels.find(name.substr(0, slash));
      if (kernel != kernels.end()) owners[i] = kernel->second;
    }
  }
  return owners;
}

// "float32[1, ?, 3]" in two parts; nullopt without a shape.
std::optional<tf::TensorShapeProto> ShapeOf(const std::string& type) {
  const size_t open = type.find('[');
  if (open == std::string::npos || !type.ends_with(']')) return std::nullopt;
  const std::string dims = type.substr(open + 1, type.size() - open - 2);
  tf::TensorShapeProto shape;
  if (dims == "...") {
    shape.set_unknown_rank(true);
  } else if (!dims.empty()) {
    for (const std::string_view d : SplitText(dims, ',')) {
      shape.add_dim()->set_size(ParseInt(TrimText(d)).value_or(-1));
    }
  }
  return shape;
}

tf::DataType TypeOf(const std::string& type) {
  const std::optional<DType> dtype = DTypeFromName(type.substr(0, type.find('[')));
  return dtype ? DTypeToTf(*dtype) : tf::DT_INVALID;
}

void AddAttributes(const Node& node, tf::NodeDef* def) {
  const auto set = [&](const std::string& key, const std::string& text) {
    if (!text.empty()) (*def->mutable_attr())[key].set_s(text);
  };
  for (const auto& [key, value] : node.attributes) set(key, value);
  set("kernel", node.kernel);
  set("status", node.status);
  set("reason", node.reason);
  set("made_from", JoinText(node.sources, ", "));
  auto* shapes = (*def->mutable_attr())["_output_shapes"].mutable_list();
  for (const std::string& type : node.outputs) {
    tf::TensorShapeProto unknown;
    unknown.set_unknown_rank(true);
    *shapes->add_shape() = ShapeOf(type).value_or(unknown);
  }
  if (!node.outputs.empty() && TypeOf(node.outputs[0]) != tf::DT_INVALID) {
    (*def->mutable_attr())["dtype"].set_type(TypeOf(node.outputs[0]));
  }
}

void Append(const tf::Event& event, ByteWriter* out) {
  const std::string data = event.SerializeAsString();
  ByteWriter length;
  length.U64(data.size());
  out->Raw(length.bytes());
  out->U32(MaskCrc32c(Crc32c(length.bytes())));
  out->Raw(AsBytes(data));
  out->U32(MaskCrc32c(Crc32c(AsBytes(data))));
}

}  // namespace

tf::GraphDef ToGraphDef(const Side& side) {
  const std::vector<int32_t> owners = Owners(side);
  tf::GraphDef graph;
  std::vector<tf::NodeDef*> defs(side.nodes.size());
  for (size_t i = 0; i < side.nodes.size(); ++i) {
    if (owners[i] != static_cast<int32_t>(i)) continue;
    const Node& node = side.nodes[i];
    defs[i] = graph.add_node();
    defs[i]->set_name(node.name);
    defs[i]->set_op(node.op);
    defs[i]->set_device(node.device);
    AddAttributes(node, defs[i]);
  }
  std::set<std::pair<int32_t, std::string>> seen;
  for (size_t i = 0; i < side.nodes.size(); ++i) {
    const int32_t to = owners[i];
    const auto add = [&](int32_t from, const std::string& text) {
      const int32_t owner = owners[static_cast<size_t>(from)];
      // Of a kernel's inputs, each once; those of an ordinary node stay as they are.
      if (owner == to || (to != static_cast<int32_t>(i) && !seen.emplace(to, text).second)) return;
      defs[static_cast<size_t>(to)]->add_input(text);
    };
    for (const Source& source : side.nodes[i].inputs) {
      const int32_t owner = owners[static_cast<size_t>(source.node)];
      const std::string& name = side.nodes[static_cast<size_t>(owner)].name;
      const bool first = source.port == 0 || owner != source.node;
      add(source.node, first ? name : name + ":" + std::to_string(source.port));
    }
    for (const int32_t control : side.nodes[i].controls) {
      add(control, "^" + side.nodes[static_cast<size_t>(owners[static_cast<size_t>(control)])].name);
    }
  }
  graph.mutable_versions()->set_producer(21);
  return graph;
}

tf::RunMetadata ToRunMetadata(const Side& side) {
  tf::RunMetadata metadata;
  tf::DeviceStepStats* device = metadata.mutable_step_stats()->add_dev_stats();
  device->set_device("/device:CPU:0");
  int64_t now_ns = 0;
  for (const Node& node : side.nodes) {
    if (node.ms < 0) continue;
    const auto ns = static_cast<int64_t>(std::llround(node.ms * 1e6));
    const int64_t micros = (ns + 999) / 1000;  // TensorBoard shows whole ones; none would be nothing
    tf::NodeExecStats* stats = device->add_node_stats();
    stats->set_node_name(node.name);
    stats->set_all_start_micros(now_ns / 1000);
    stats->set_op_end_rel_micros(micros);
    stats->set_all_end_rel_micros(micros);
    stats->set_all_start_nanos(now_ns);
    stats->set_op_end_rel_nanos(ns);
    stats->set_all_end_rel_nanos(ns);
    if (node.bytes > 0) {
      tf::AllocatorMemoryUsed* memory = stats->add_memory();
      memory->set_allocator_name("bytes moved");
      memory->set_total_bytes(node.bytes);
      memory->set_peak_bytes(node.bytes);
    }
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const std::optional<tf::TensorShapeProto> shape = ShapeOf(node.outputs[i]);
      if (!shape) continue;
      tf::NodeOutput* output = stats->add_output();
      output->set_slot(static_cast<int32_t>(i));
      output->mutable_tensor_description()->set_dtype(TypeOf(node.outputs[i]));
      *output->mutable_tensor_description()->mutable_shape() = *shape;
    }
    now_ns += ns;
  }
  return metadata;
}

void WriteEvents(const Side& side, const std::string& folder) {
  const tf::GraphDef graph = ToGraphDef(side);
  if (graph.ByteSizeLong() > 0x7fffffff) {
    Throw(ErrorCode::kModel, "{}: its graph takes more than 2 GB, which no events file can hold", side.title);
  }
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) Throw(ErrorCode::kResource, "{}: cannot make this folder: {}", folder, failure.message());

  ByteWriter out;
  tf::Event event;
  event.set_file_version("brain.Event:2");
  Append(event, &out);
  event.set_graph_def(graph.SerializeAsString());
  Append(event, &out);
  const tf::RunMetadata metadata = ToRunMetadata(side);
  if (metadata.step_stats().dev_stats(0).node_stats_size() > 0) {
    event.mutable_tagged_run_metadata()->set_tag("a run");
    event.mutable_tagged_run_metadata()->set_run_metadata(metadata.SerializeAsString());
    Append(event, &out);
  }
  WriteFile(folder + "/events.out.tfevents.0.floe", out.bytes());
}

}  // namespace floe::view
