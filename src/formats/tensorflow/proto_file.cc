#include "formats/tensorflow/proto_file.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <climits>
#include <exception>

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "formats/tensorflow/large_node.h"
#include "formats/tensorflow/wire.h"
#include "formats/utf.h"

namespace floe {
namespace {

namespace pb = google::protobuf;

constexpr int kRecursionLimit = 100;  // protobuf's own default, which TensorFlow keeps

// Gives mapped pages back behind the reader, in steps so large that the calls cost nothing.
class PageReleaser {
 public:
  explicit PageReleaser(Bytes bytes) : released_(bytes.data()) {}

  void ReadUpTo(const uint8_t* position) {
    constexpr ptrdiff_t kStep = ptrdiff_t{8} << 20;
    if (position - released_ < kStep) return;
    ReleaseMapped({released_, position});
    released_ = position;
  }

 private:
  const uint8_t* released_;
};

// Bytes of a message on their way to a file. Errors wait for Rethrow(): protobuf's code lets none through.
class FileSink : public pb::io::CopyingOutputStream {
 public:
  explicit FileSink(AtomicFile& file) : file_(file) {}
  bool Write(const void* data, int size) override {
    try {
      if (error_ == nullptr) file_.Write({static_cast<const uint8_t*>(data), static_cast<size_t>(size)});
    } catch (const Error&) {
      error_ = std::current_exception();
    }
    return error_ == nullptr;
  }
  void Rethrow() const {
    if (error_ != nullptr) std::rethrow_exception(error_);
  }

 private:
  AtomicFile& file_;
  std::exception_ptr error_;
};

[[noreturn]] void FailDamaged(const WireWalker& walker, const std::string& subject, const char* what) {
  Throw(ErrorCode::kModel, "{}: {} is damaged at byte {}: {}", subject, what, walker.position(),
        walker.reason());
}

constexpr size_t kLargeContent = size_t{32} << 20;
constexpr size_t kSkippedContent = size_t{64} << 10;

// Copies a large tensor_content in steps, giving pages back as it goes: protobuf would hold the whole of it
// twice.
void MergeNode(Bytes bytes, const std::string& subject, const std::string& what, Weights weights,
               PageReleaser* releaser, tf::NodeDef* node) {
  const size_t least = weights == Weights::kSkip ? kSkippedContent : kLargeContent;
  const auto large = bytes.size() < least ? std::nullopt : TakeApart(bytes, least);
  if (!large) return MergeBinary(bytes, subject, what, node);
  MergeBinary(large->rest, subject, what, node);
  const auto attr = node->mutable_attr()->find(large->attr);
  // A repeated key would have replaced the tensor that the content belongs to.
  if (attr == node->mutable_attr()->end() || !attr->second.has_tensor()) {
    node->Clear();
    return MergeBinary(bytes, subject, what, node);
  }
  if (weights == Weights::kSkip) return;
  std::string* content = attr->second.mutable_tensor()->mutable_tensor_content();
  content->reserve(large->content.size());
  for (size_t at = 0; at < large->content.size();) {
    const Bytes piece = large->content.subspan(at, std::min(kLargeContent / 4, large->content.size() - at));
    content->append(AsText(piece));
    releaser->ReadUpTo(piece.data() + piece.size());
    at += piece.size();
  }
}

void MergeGraphDef(Bytes bytes, const std::string& subject, Weights weights, PageReleaser* releaser,
                   tf::GraphDef* graph) {
  WireWalker walker(bytes);
  WireField field;
  while (walker.Next(&field)) {
    if (field.number == tf::GraphDef::kNodeFieldNumber && field.type == WireType::kBytes) {
      tf::NodeDef* node = graph->add_node();
      MergeNode(field.payload, subject, fmt::format("node {} of the graph", graph->node_size() - 1), weights,
                releaser, node);
    } else {
      MergeBinary(field.whole, subject, "the graph", graph);
    }
    releaser->ReadUpTo(field.whole.data() + field.whole.size());
  }
  if (walker.damaged()) FailDamaged(walker, subject, "the graph");
}

class FirstError : public pb::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (!text.empty()) return;
    position = fmt::format("{}:{}", line + 1, column + 1);
    text = message;
  }
  std::string position;
  std::string text;
};

// protobuf names our package; the reader of the message knows TensorFlow's.
std::string InTensorFlowsWords(std::string text) {
  for (size_t at = text.find("floe.tf."); at != std::string::npos; at = text.find("floe.tf.")) {
    text.replace(at, 8, "tensorflow.");
  }
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return text;
}

}  // namespace

void MergeBinary(Bytes bytes, const std::string& subject, const std::string& what, pb::Message* message) {
  if (bytes.size() > INT_MAX) {
    Throw(ErrorCode::kModel, "{}: {} takes {} bytes, more than protobuf's limit of 2 GB", subject, what,
          bytes.size());
  }
  pb::LogSilencer silence;
  pb::io::CodedInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  stream.SetTotalBytesLimit(INT_MAX);
  stream.SetRecursionLimit(kRecursionLimit);
  if (message->MergeFromCodedStream(&stream) && stream.ConsumedEntireMessage()) return;
  std::string name;
  if (const auto* node = dynamic_cast<const tf::NodeDef*>(message);
      node != nullptr && !node->name().empty()) {
    name = fmt::format(" ('{}')", Printable(node->name()));
  }
  Throw(ErrorCode::kModel, "{}: {}{} is damaged: its {} bytes are no {} or nest deeper than {} levels",
        subject, what, name, bytes.size(), message->GetDescriptor()->name(), kRecursionLimit);
}

void MergeMappedGraphDef(Bytes bytes, const std::string& subject, Weights weights, tf::GraphDef* graph) {
  PageReleaser releaser(bytes);
  MergeGraphDef(bytes, subject, weights, &releaser, graph);
}

void MergeMappedMetaGraph(Bytes bytes, const std::string& subject, Weights weights, tf::MetaGraphDef* meta,
                          tf::GraphDef* graph) {
  PageReleaser releaser(bytes);
  WireWalker walker(bytes);
  WireField field;
  while (walker.Next(&field)) {
    if (field.number == tf::MetaGraphDef::kGraphDefFieldNumber && field.type == WireType::kBytes) {
      MergeGraphDef(field.payload, subject, weights, &releaser, graph);
    } else {
      MergeBinary(field.whole, subject, "the MetaGraph", meta);
    }
  }
  if (walker.damaged()) FailDamaged(walker, subject, "the MetaGraph");
}

void ParseText(Bytes bytes, const std::string& subject, pb::Message* message) {
  if (bytes.size() > INT_MAX) {
    Throw(ErrorCode::kModel, "{}: text form of {} bytes is more than protobuf's limit of 2 GB", subject,
          bytes.size());
  }
  FirstError error;
  pb::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.SetRecursionLimit(kRecursionLimit);
  pb::io::ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  if (parser.Parse(&stream, message)) return;
  if (error.text.empty()) error.text = "not the text form of a " + message->GetDescriptor()->name();
  Throw(ErrorCode::kModel, "{}:{}: {}", subject, error.position, InTensorFlowsWords(error.text));
}

void WriteMessage(const std::string& path, const pb::Message& message) {
  AtomicFile file(path);
  FileSink sink(file);
  bool whole = false;
  {
    pb::io::CopyingOutputStreamAdaptor buffered(&sink, 1 << 20);
    pb::io::CodedOutputStream stream(&buffered);
    stream.SetSerializationDeterministic(true);
    whole = message.SerializeToCodedStream(&stream);
  }
  sink.Rethrow();
  CHECK(whole);
  file.Commit();
}

std::string MessageToText(const pb::Message& message) {
  std::string text;
  CHECK(pb::TextFormat::PrintToString(message, &text));
  return text;
}

}  // namespace floe
