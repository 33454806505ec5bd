// TensorProto <-> Tensor.
#ifndef FLOE_FORMATS_TENSORFLOW_TENSOR_PROTO_H_
#define FLOE_FORMATS_TENSORFLOW_TENSOR_PROTO_H_

#include <string_view>

#include "floe/tensor.h"
#include "formats/tensorflow/data_type.h"
#include "formats/tensorflow/tensor.pb.h"

namespace floe {

// The elements of a proto: tensor_content or the typed list, whose last value fills up what is missing (none
// at all: zeros) and whose excess is ignored, as TensorFlow does. Content of the wrong length, unknown
// dimensions, resource and variant tensors, and shapes that ask for more than 1 GiB that the file does not
// hold throw Error(kModel) naming `subject`.
Tensor TensorFromProto(const tf::TensorProto& proto, std::string_view subject);
// Takes a large tensor_content out of the proto, so that it is not copied.
Tensor TensorFromProto(tf::TensorProto&& proto, std::string_view subject);

// Plain bytes go to tensor_content, strings to string_val; a tensor whose elements are all the same bits is
// written once. Throws Error(kModel) if the elements take more than 2 GB, which protobuf cannot hold.
tf::TensorProto TensorToProto(const Tensor& tensor);

}  // namespace floe

#endif  // FLOE_FORMATS_TENSORFLOW_TENSOR_PROTO_H_
