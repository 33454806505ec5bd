#include <gmock/gmock.h>

#include "formats/onnx/provenance.h"

namespace floe {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Written {
  std::string text;
  std::vector<std::string> read;
};

Written WriteAndRead(const std::string& name, const std::vector<std::string>& sources) {
  onnx::NodeProto node;
  node.set_name(name);
  SetSources(&node, sources);
  return {node.doc_string(), SourcesOf(node, name)};
}

TEST(OnnxProvenance, OwnNameIsNotRepeated) {
  const Written w = WriteAndRead("a/b", {"a/b"});
  EXPECT_EQ(w.text, "");
  EXPECT_THAT(w.read, ElementsAre("a/b"));
}

TEST(OnnxProvenance, NoneIsSaid) {
  const Written w = WriteAndRead("a/b", {});
  EXPECT_EQ(w.text, "added");
  EXPECT_THAT(w.read, IsEmpty());
}

TEST(OnnxProvenance, TheShorterOfRelativeAndFull) {
  const Written w =
      WriteAndRead("net/block/norm/add", {"net/block/conv", "net/block/norm/add", "x", "net/y"});
  EXPECT_EQ(w.text, "from ../conv, ./add, x, net/y");
  EXPECT_THAT(w.read, ElementsAre("net/block/conv", "net/block/norm/add", "x", "net/y"));
}

TEST(OnnxProvenance, EveryNameComesBack) {
  for (const std::string name : {"", "a", "a/b", "a//b", "/a", "./a", "../a/b", "a/b/c/d"}) {
    for (const std::string source : {"", "a", "b", "a/b", "a/", "a//b", "a//c", "/a", "/", "./a", "../a",
                                     "../../a/b", "./", "../", "a/./b", "a/../b", "a/b/c/d", "a/b/c"}) {
      EXPECT_THAT(WriteAndRead(name, {source, "other"}).read, ElementsAre(source, "other"))
          << name << " from " << source;
    }
  }
}

TEST(OnnxProvenance, MoreUpThanThereIsEndsAtTheRoot) {
  onnx::NodeProto node;
  node.set_doc_string("from ../../../a, ./b");
  EXPECT_THAT(SourcesOf(node, "s/n"), ElementsAre("a", "s/b"));
}

}  // namespace
}  // namespace floe
