#include "graph_def_mutation.h"

#include <algorithm>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "formats/tensorflow/data_type.h"
#include "formats/tensorflow/tensor_proto.h"
#include "frontend/tensorflow/import.h"
#include "fuzz.h"

namespace floe::fuzz {
namespace {

using Random = std::minstd_rand;
using Nodes = google::protobuf::RepeatedPtrField<tf::NodeDef>;

constexpr int64_t kNumbers[] = {-2, -1, 0, 1, 2, 3, 4, 5, 8, 255, INT32_MIN, INT32_MAX, INT64_MIN, INT64_MAX};
constexpr float kFloats[] = {-1, 0, 0.5F, 1, 2, 1e-30F, 3e38F};
constexpr const char* kTexts[] = {"",      "NHWC",     "NCHW",    "NDHWC",    "SAME",
                                  "VALID", "EXPLICIT", "REFLECT", "ij,jk->ik"};

int Below(Random& random, int end) {
  return end <= 0 ? 0 : static_cast<int>(random() % static_cast<unsigned>(end));
}

template <typename T, size_t size>
const T& Any(Random& random, const T (&from)[size]) {
  return from[Below(random, static_cast<int>(size))];
}

tf::DataType AnyType(Random& random) {
  return static_cast<tf::DataType>(1 + Below(random, 23));
}

void ChangeShape(Random& random, tf::TensorShapeProto* shape) {
  switch (Below(random, 4)) {
    case 0:
      shape->set_unknown_rank(!shape->unknown_rank());
      break;
    case 1:
      shape->add_dim()->set_size(Below(random, 5));
      break;
    case 2:
      if (shape->dim_size() > 0) shape->mutable_dim()->RemoveLast();
      break;
    default:
      if (shape->dim_size() > 0) {
        shape->mutable_dim(Below(random, shape->dim_size()))->set_size(Any(random, kNumbers));
      }
  }
}

// Other contents of the same type, or another shape.
void ChangeTensor(Random& random, tf::TensorProto* proto) {
  if (random() % 3 == 0) {
    ChangeShape(random, proto->mutable_tensor_shape());
    return;
  }
  if (random() % 8 == 0) {
    proto->set_dtype(AnyType(random));
    return;
  }
  Accepts([&] {
    Tensor tensor = TensorFromProto(*proto, "fuzz").Clone();
    if (tensor.size() == 0 || tensor.dtype() == DType::kString) return;
    const auto at =
        static_cast<size_t>(Below(random, static_cast<int>(std::min<int64_t>(tensor.size(), 1 << 20))));
    const size_t element = DTypeSize(tensor.dtype());
    uint8_t* const bytes = static_cast<uint8_t*>(tensor.raw()) + at * element;
    if (tensor.dtype() == DType::kBool) {
      *bytes ^= 1;
    } else if (random() % 2 == 0) {
      const int64_t number = Any(random, kNumbers);
      std::memcpy(bytes, &number, std::min(element, sizeof(number)));
    } else {
      bytes[Below(random, static_cast<int>(element))] = static_cast<uint8_t>(random());
    }
    *proto = TensorToProto(tensor);
  });
}

template <typename List, typename Change>
void ChangeList(Random& random, List* list, Change change) {
  if (list->empty() || random() % 4 == 0) {
    if (list->empty() || random() % 2 == 0) {
      *list->Add() = {};
    } else {
      list->RemoveLast();
    }
  } else {
    change(&*std::next(list->begin(), Below(random, list->size())));
  }
}

void ChangeListValue(Random& random, tf::AttrValue::ListValue* list) {
  if (list->i_size() > 0) {
    ChangeList(random, list->mutable_i(), [&](auto* v) { *v = Any(random, kNumbers); });
  } else if (list->f_size() > 0) {
    ChangeList(random, list->mutable_f(), [&](float* v) { *v = Any(random, kFloats); });
  } else if (list->type_size() > 0) {
    ChangeList(random, list->mutable_type(), [&](int* v) { *v = AnyType(random); });
  } else if (list->shape_size() > 0) {
    ChangeList(random, list->mutable_shape(), [&](tf::TensorShapeProto* v) { ChangeShape(random, v); });
  } else if (list->s_size() > 0) {
    ChangeList(random, list->mutable_s(), [&](std::string* v) { *v = Any(random, kTexts); });
  } else {
    list->add_i(Any(random, kNumbers));
  }
}

void ChangeAttr(Random& random, tf::AttrValue* attr) {
  switch (attr->value_case()) {
    case tf::AttrValue::kI:
      attr->set_i(Any(random, kNumbers));
      break;
    case tf::AttrValue::kF:
      attr->set_f(Any(random, kFloats));
      break;
    case tf::AttrValue::kB:
      attr->set_b(!attr->b());
      break;
    case tf::AttrValue::kType:
      attr->set_type(AnyType(random));
      break;
    case tf::AttrValue::kS:
      attr->set_s(Any(random, kTexts));
      break;
    case tf::AttrValue::kShape:
      ChangeShape(random, attr->mutable_shape());
      break;
    case tf::AttrValue::kTensor:
      ChangeTensor(random, attr->mutable_tensor());
      break;
    case tf::AttrValue::kList:
      ChangeListValue(random, attr->mutable_list());
      break;
    default:
      attr->set_i(Any(random, kNumbers));
  }
}

void ChangeInputs(Random& random, const Nodes& nodes, tf::NodeDef* node) {
  std::string other = nodes[Below(random, nodes.size())].name();
  if (random() % 4 == 0) other += ":" + std::to_string(Below(random, 4));
  if (random() % 8 == 0) other = "^" + other;
  const int count = node->input_size();
  switch (Below(random, 4)) {
    case 0:
      node->add_input(other);
      break;
    case 1:
      if (count > 0) node->mutable_input()->RemoveLast();
      break;
    case 2:
      if (count > 1) node->mutable_input()->SwapElements(0, Below(random, count));
      break;
    default:
      if (count > 0) node->set_input(Below(random, count), other);
  }
}

void ChangeNode(Random& random, Nodes* nodes) {
  static const std::vector<std::string> ops = SupportedTensorFlowOps();
  tf::NodeDef* const node = nodes->Mutable(Below(random, nodes->size()));
  switch (Below(random, 12)) {
    case 0:
      node->set_op(ops[static_cast<size_t>(Below(random, static_cast<int>(ops.size())))]);
      break;
    case 1: {
      tf::NodeDef copy = *node;
      copy.set_name(copy.name() + "_copy");
      *nodes->Add() = copy;
      break;
    }
    case 2:
      nodes->DeleteSubrange(Below(random, nodes->size()), 1);
      break;
    case 3:
    case 4:
    case 5:
      ChangeInputs(random, *nodes, node);
      break;
    default: {
      auto& attrs = *node->mutable_attr();
      if (attrs.empty()) break;
      // Maps have no order of their own.
      std::vector<std::string> keys;
      for (const auto& [key, value] : attrs) keys.push_back(key);
      std::ranges::sort(keys);
      const std::string& key = keys[static_cast<size_t>(Below(random, static_cast<int>(keys.size())))];
      if (random() % 12 == 0) {
        attrs.erase(key);
      } else {
        ChangeAttr(random, &attrs[key]);
      }
    }
  }
}

}  // namespace

void MutateGraphDef(tf::GraphDef* graph, unsigned seed) {
  Random random(seed);
  for (int changes = 1 + Below(random, 4); changes > 0; --changes) {
    const int functions = graph->library().function_size();
    Nodes* nodes = graph->mutable_node();
    if (functions > 0 && random() % 2 == 0) {
      nodes = graph->mutable_library()->mutable_function(Below(random, functions))->mutable_node_def();
    }
    if (!nodes->empty()) ChangeNode(random, nodes);
  }
}

}  // namespace floe::fuzz
