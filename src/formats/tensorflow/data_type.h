// TensorFlow's element types and shapes, and ours.
#ifndef FLOE_FORMATS_TENSORFLOW_DATA_TYPE_H_
#define FLOE_FORMATS_TENSORFLOW_DATA_TYPE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "floe/tensor.h"
#include "formats/tensorflow/tensor.pb.h"

namespace floe {

// Reference types count as what they refer to; quantized types are stored as plain integers (qint8 as int8,
// quint8 as uint8, qint32 as int32...). nullopt for what has no elements of ours: resource, variant, integers
// of 2 and 4 bits, floats of 8 bits, and numbers that TensorFlow does not define.
std::optional<DType> DTypeFromTf(tf::DataType type);
// As above, but throws Error(kModel) "SUBJECT: element type DT_VARIANT is not supported".
DType RequireDTypeFromTf(tf::DataType type, std::string_view subject);
tf::DataType DTypeToTf(DType dtype);
bool IsRefType(tf::DataType type);
tf::DataType RemoveRef(tf::DataType type);
// "DT_FLOAT", "DT_FLOAT_REF"; "DT_999" for a number without a name.
std::string DataTypeName(tf::DataType type);

// A shape may be of unknown rank (nullopt) and have unknown dimensions (-1). Throws Error(kModel) naming
// `subject` if a dimension is below -1 or the rank is above 254, TensorFlow's own limit.
std::optional<std::vector<int64_t>> DimsFromShapeProto(const tf::TensorShapeProto& shape,
                                                       std::string_view subject);
// As above where every dimension must be known and their product fit an int64.
std::vector<int64_t> KnownDimsFromShapeProto(const tf::TensorShapeProto& shape, std::string_view subject);
void DimsToShapeProto(const std::vector<int64_t>& dims, tf::TensorShapeProto* shape);
// "[?, 224, 224, 3]", "of unknown rank".
std::string ShapeProtoToString(const tf::TensorShapeProto& shape);

}  // namespace floe

#endif  // FLOE_FORMATS_TENSORFLOW_DATA_TYPE_H_
