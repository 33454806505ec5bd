// Types and attributes of TensorFlow as the viewer writes them.
#ifndef FLOE_VIEW_TYPE_TEXT_H_
#define FLOE_VIEW_TYPE_TEXT_H_

#include <string>

#include "formats/tensorflow/graph.pb.h"

namespace floe::view {

// "float32", "resource"; "" for DT_INVALID.
std::string TypeText(tf::DataType type);
// "[?, 224, 224, 3]"; "[...]" for an unknown rank.
std::string ShapeText(const tf::TensorShapeProto& shape);
// One line of at most some 200 characters.
std::string AttributeText(const tf::AttrValue& value);

}  // namespace floe::view

#endif  // FLOE_VIEW_TYPE_TEXT_H_
