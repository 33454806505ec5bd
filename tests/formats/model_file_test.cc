#include "formats/tensorflow/model_file.h"

#include "files.h"

namespace floe {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::vector<std::string> NodeNames(const tf::GraphDef& graph) {
  std::vector<std::string> names;
  for (const auto& node : graph.node()) names.push_back(node.name());
  return names;
}

bool HasNode(const tf::GraphDef& graph, const std::string& name) {
  return testing::Value(NodeNames(graph), testing::Contains(name));
}

TEST(ModelFile, RecognisesEachFormOfAGraph) {
  struct Case {
    const char* path;
    ModelKind kind;
    bool text;
  };
  for (const Case& c :
       {Case{"graph.pb", ModelKind::kGraphDef, false}, Case{"graph.pbtxt", ModelKind::kGraphDef, true},
        Case{"trained/model.ckpt-10.meta", ModelKind::kMetaGraph, false},
        Case{"meta.pbtxt", ModelKind::kMetaGraph, true}, Case{"saved_model", ModelKind::kSavedModel, false},
        Case{"saved_model/saved_model.pb", ModelKind::kSavedModel, false},
        Case{"saved_model_text", ModelKind::kSavedModel, true}}) {
    const TensorFlowModel model = ReadTensorFlowModel(DataFile(c.path));
    EXPECT_EQ(model.kind, c.kind) << c.path;
    EXPECT_EQ(model.text, c.text) << c.path;
    EXPECT_TRUE(HasNode(model.graph, "y")) << c.path;
    EXPECT_EQ(model.meta.has_value(), c.kind != ModelKind::kGraphDef) << c.path;
    EXPECT_TRUE(LooksLikeTensorFlowModel(DataFile(c.path))) << c.path;
  }
}

TEST(ModelFile, TheTextFormOfAGraphIsTheSameGraph) {
  const TensorFlowModel binary = ReadTensorFlowModel(DataFile("graph.pb"));
  const TensorFlowModel text = ReadTensorFlowModel(DataFile("graph.pbtxt"));
  const TemporaryFolder folder;
  WriteGraphDef(folder / "a.pb", binary.graph);
  WriteGraphDef(folder / "b.pb", text.graph);
  EXPECT_EQ(ReadAll(folder / "a.pb"), ReadAll(DataFile("graph.pb")));
  EXPECT_EQ(ReadAll(folder / "a.pb"), ReadAll(folder / "b.pb"));
  WriteGraphDef(folder / "c.pbtxt", binary.graph);
  EXPECT_EQ(NodeNames(ReadTensorFlowModel(folder / "c.pbtxt").graph), NodeNames(binary.graph));
}

TEST(ModelFile, SavedModelsLoseNothingInTextForm) {
  const TensorFlowModel binary = ReadTensorFlowModel(DataFile("saved_model"));
  const TensorFlowModel text = ReadTensorFlowModel(DataFile("saved_model_text"));
  ASSERT_TRUE(binary.meta && text.meta);
  EXPECT_EQ(binary.meta->signature_def().at("serving_default").inputs().at("in").name(), "x:0");
  const TemporaryFolder folder;
  WriteGraphDef(folder / "a.pbtxt", binary.graph);
  WriteGraphDef(folder / "b.pbtxt", text.graph);
  EXPECT_EQ(ReadAll(folder / "a.pbtxt"), ReadAll(folder / "b.pbtxt"));
  EXPECT_EQ(binary.meta->meta_info_def().stripped_op_list().op_size(),
            text.meta->meta_info_def().stripped_op_list().op_size());
}

TEST(ModelFile, FindsTheCheckpointBesideTheGraph) {
  const std::string newest = DataFile("trained/model.ckpt-20");
  for (const char* path : {"trained", "trained/checkpoint", "trained/model.ckpt-20",
                           "trained/model.ckpt-20.index", "trained/model.ckpt-20.meta"}) {
    const TensorFlowModel model = ReadTensorFlowModel(DataFile(path));
    EXPECT_EQ(model.kind, ModelKind::kMetaGraph) << path;
    EXPECT_EQ(model.path, newest + ".meta") << path;
    EXPECT_EQ(model.checkpoint_prefix, newest) << path;
  }
  EXPECT_EQ(ReadTensorFlowModel(DataFile("saved_model")).checkpoint_prefix,
            DataFile("saved_model/variables/variables"));
  EXPECT_EQ(ReadTensorFlowModel(DataFile("graph.pb")).checkpoint_prefix, "");
  ModelFileOptions options;
  options.step = 10;
  EXPECT_EQ(ReadTensorFlowModel(DataFile("trained"), options).checkpoint_prefix,
            DataFile("trained/model.ckpt-10"));
  options.checkpoint = DataFile("trained");
  EXPECT_EQ(ReadTensorFlowModel(DataFile("graph.pb"), options).checkpoint_prefix,
            DataFile("trained/model.ckpt-10"));
}

TEST(ModelFile, ChoosesByTags) {
  ModelFileOptions options;
  options.tags = {"gpu", "train"};
  for (const char* path : {"saved_model", "saved_model_text"}) {
    const TensorFlowModel model = ReadTensorFlowModel(DataFile(path), options);
    EXPECT_THAT(std::vector<std::string>(model.meta->meta_info_def().tags().begin(),
                                         model.meta->meta_info_def().tags().end()),
                testing::UnorderedElementsAre("train", "gpu"));
  }
  options.tags = {"tpu"};
  EXPECT_THAT(
      ErrorOf([&] { ReadTensorFlowModel(DataFile("saved_model"), options); }, ErrorCode::kUsage),
      HasSubstr(
          "expected a graph tagged {tpu}, found graphs tagged {serve}, {gpu,train}; choose with --tag"));
}

std::string SavedModelTagged(const std::vector<std::vector<std::string>>& tag_sets) {
  tf::SavedModel saved;
  saved.set_saved_model_schema_version(1);
  for (const auto& tags : tag_sets) {
    tf::MetaGraphDef& meta = *saved.add_meta_graphs();
    for (const std::string& tag : tags) meta.mutable_meta_info_def()->add_tags(tag);
    tf::NodeDef& node = *meta.mutable_graph_def()->add_node();
    node.set_name(tags.empty() ? "untagged" : tags[0]);
    node.set_op("NoOp");
  }
  return saved.SerializeAsString();
}

TEST(ModelFile, TagsDefaultToServingThenToTheOnlyThenToNone) {
  const TemporaryFolder folder;
  const auto chosen = [&](const std::vector<std::vector<std::string>>& tag_sets,
                          const std::vector<std::string>& tags) {
    const std::string path = folder.Write("saved_model.pb", SavedModelTagged(tag_sets));
    ModelFileOptions options;
    options.tags = tags;
    return ReadTensorFlowModel(path, options).graph.node(0).name();
  };
  EXPECT_EQ(chosen({{"train"}, {"serve"}}, {}), "serve");
  EXPECT_EQ(chosen({{"train"}}, {}), "train");
  EXPECT_EQ(chosen({{"train"}, {}}, {}), "untagged");  // a module of TensorFlow Hub
  EXPECT_EQ(chosen({{"serve"}, {}}, {""}), "untagged");
  EXPECT_THAT(ErrorOf(
                  [&] {
                    chosen({{"train"}, {"gpu", "serve"}}, {});
                  },
                  ErrorCode::kUsage),
              HasSubstr("expected one graph, or one tagged {serve}, found graphs tagged {train}, "
                        "{gpu,serve}; choose with"));
}

TEST(ModelFile, StepChoosesAmongTheCheckpointsOfAFolder) {
  const auto prefix = [](const std::string& path, int64_t step) {
    ModelFileOptions options;
    options.step = step;
    return ReadTensorFlowModel(DataFile(path), options).checkpoint_prefix;
  };
  for (const char* path : {"trained", "trained/checkpoint", "trained/model.ckpt", "trained/model.ckpt-20"}) {
    EXPECT_EQ(prefix(path, 10), DataFile("trained/model.ckpt-10")) << path;
    EXPECT_THAT(ErrorOf([&] { prefix(path, 7); }, ErrorCode::kUsage),
                HasSubstr("expected a checkpoint of step 7, found steps 10, 20"))
        << path;
  }
  EXPECT_THAT(ErrorOf([&] { prefix("graph.pb", 7); }, ErrorCode::kUsage),
              HasSubstr("--step 7: expected a folder or prefix of checkpoints, found"));
}

TEST(ModelFile, SeveralCheckpointsWithoutANewestAreListed) {
  const TemporaryFolder folder;
  for (const char* name : {"model.ckpt-10.index", "model.ckpt-10.meta", "model.ckpt-20.index"})
    folder.Write(name, ReadAll(DataFile(std::string("trained/") + name)));
  EXPECT_THAT(ErrorOf([&] { ReadTensorFlowModel(folder.path()); }, ErrorCode::kUsage),
              HasSubstr("choose with --step"));
  ModelFileOptions options;
  options.step = 10;
  EXPECT_EQ(ReadTensorFlowModel(folder.path(), options).checkpoint_prefix, folder / "model.ckpt-10");
}

TEST(ModelFile, WeightsCanBeSkipped) {
  tf::GraphDef graph;
  tf::NodeDef& node = *graph.add_node();
  node.set_name("w");
  node.set_op("Const");
  (*node.mutable_attr())["value"].mutable_tensor()->set_tensor_content(std::string(1 << 20, 'x'));
  const TemporaryFolder folder;
  WriteGraphDef(folder / "large.pb", graph);
  ModelFileOptions options;
  options.weights = Weights::kSkip;
  const tf::GraphDef read = ReadTensorFlowModel(folder / "large.pb", options).graph;
  ASSERT_EQ(read.node_size(), 1);
  EXPECT_EQ(read.node(0).name(), "w");
  EXPECT_LT(read.ByteSizeLong(), 100u);
}

TEST(ModelFile, GraphsBeyondProtobufsLimitAreNotWritten) {
  tf::GraphDef graph;
  tf::NodeDef& node = *graph.add_node();
  node.set_name("w");
  node.set_op("Const");
  (*node.mutable_attr())["value"].mutable_tensor()->set_tensor_content(std::string(5000, 'x'));
  const TemporaryFolder folder;
  EXPECT_THAT(ErrorOf([&] { WriteGraphDef(folder / "large.pb", graph, 4096); }),
              HasSubstr("large.pb: the frozen graph takes 50"));
  EXPECT_THAT(ErrorOf([&] { WriteGraphDef(folder / "large.pb", graph, 4096); }),
              HasSubstr("at most 4096; 'floe build' and 'floe export' have no such limit"));
  EXPECT_FALSE(FileExists(folder / "large.pb"));
}

TEST(ModelFile, ReadsFunctionsAndTheObjectGraph) {
  const TensorFlowModel model = ReadTensorFlowModel(DataFile("saved_model_functions"));
  EXPECT_GT(model.graph.library().function_size(), 0);
  EXPECT_GT(model.meta->object_graph_def().nodes_size(), 0);
  EXPECT_EQ(model.checkpoint_prefix, DataFile("saved_model_functions/variables/variables"));
}

TEST(ModelFile, ReadsSharedModels) {
  const std::string folder = SharedFile("models");
  if (!IsDirectory(folder)) GTEST_SKIP() << folder << " is missing";
  size_t graphs = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string path = entry.path().string();
    if (!path.ends_with(".pb") && !path.ends_with(".meta")) continue;
    EXPECT_TRUE(LooksLikeTensorFlowModel(path)) << path;
    EXPECT_GT(ReadTensorFlowModel(path).graph.node_size(), 0) << path;
    ++graphs;
  }
  EXPECT_GT(graphs, 0u);
}

class OddFile : public testing::Test {
 protected:
  std::string ErrorOfFile(const std::string& name, std::string_view bytes) {
    const std::string path = folder_.Write(name, bytes);
    const std::string message = ErrorOf([&] { ReadTensorFlowModel(path); });
    EXPECT_THAT(message, StartsWith(path + ":"));
    return message.substr(std::min(path.size(), message.size()));
  }
  TemporaryFolder folder_;
};

TEST_F(OddFile, SaysWhatWasFoundInstead) {
  const std::string expected = ": expected a TensorFlow graph, MetaGraph or SavedModel, found ";
  EXPECT_EQ(ErrorOfFile("a.pb", ""), expected + "an empty file");
  EXPECT_EQ(ErrorOfFile("a.floe", std::string("FLOE\1\0\0\0", 8)),
            expected + "a Floe engine; floe info reads it");
  EXPECT_EQ(ErrorOfFile("a.jpg", "\xff\xd8\xff\xe0"), expected + "a JPEG picture");
  EXPECT_EQ(ErrorOfFile("a.tflite", "\x1c\1\1\1TFL3...."),
            expected + "a TensorFlow Lite model; give the TensorFlow model that it was made from");
  EXPECT_EQ(ErrorOfFile("a.onnx", std::string("\x08\x08\x12\x07pytorch\x3a\x02\x12\x00", 15)),
            expected + "an ONNX model");
  EXPECT_EQ(ErrorOfFile("a.pb", "Dear reader, this is a letter."), expected + "some other text");
  EXPECT_THAT(ErrorOfFile("a.pb", "version https://git-lfs.github.com/spec/v1\n"), HasSubstr("git lfs pull"));
  EXPECT_EQ(ErrorOfFile("a.pb", std::string("\xde\xad\xbe\xef\0\1\2", 7)),
            expected + "7 bytes that are none of these");
  EXPECT_EQ(ErrorOfFile("a.pbtxt", "model { }"),
            ": expected a TensorFlow graph, MetaGraph or SavedModel in text form, found a message that "
            "begins with 'model'");
}

TEST_F(OddFile, KerasModelsComeWithTheLineThatExportsThem) {
  for (const std::string& bytes :
       {std::string("\x89HDF\r\n\x1a\n ... model_config ..."),
        std::string("PK\x03\x04.. metadata.json .. config.json .. model.weights.h5 ..")}) {
    const std::string message = ErrorOfFile("my model.h5", bytes);
    EXPECT_THAT(message, HasSubstr("a Keras model"));
    EXPECT_THAT(message, HasSubstr("tf.keras.models.load_model('" + (folder_ / "my model.h5") +
                                   "').export('" + (folder_ / "my model") + "')"));
  }
  EXPECT_THAT(ErrorOfFile("w.h5", "\x89HDF\r\n\x1a\n ... layer_names ..."), HasSubstr("model.load_weights("));
  EXPECT_THAT(ErrorOfFile("model.json", "{\"class_name\": \"Functional\", \"config\": {}}"),
              HasSubstr("tf.keras.models.model_from_json("));
}

TEST_F(OddFile, ArchivesAndPagesSayWhatToDo) {
  EXPECT_THAT(ErrorOfFile("hub.tar.gz", "\x1f\x8b\x08"),
              HasSubstr("tar xzf " + (folder_ / "hub.tar.gz") + " -C " + (folder_ / "hub")));
  EXPECT_THAT(ErrorOfFile("a.zip", "PK\x03\x04 m/saved_model.pb"),
              HasSubstr("a zip archive with a SavedModel in it; unpack"));
  EXPECT_THAT(ErrorOfFile("a.pt", "PK\x03\x04 archive/data.pkl"), HasSubstr("found a PyTorch model"));
  for (const char* page : {"<!DOCTYPE html>", "\n\n  <HTML lang=\"en\">", "\xef\xbb\xbf<!doctype html>"})
    EXPECT_THAT(ErrorOfFile("a.pb", page), HasSubstr("found a web page; it is what a server answered"));
  EXPECT_THAT(ErrorOfFile("model.json", "{\"weightsManifest\": []}"), HasSubstr("a TensorFlow.js model"));
}

TEST_F(OddFile, CheckpointsWithoutAGraphNameWhatLiesBeside) {
  folder_.Write("model.ckpt-10.index", ReadAll(DataFile("trained/model.ckpt-10.index")));
  folder_.Write("graph.pbtxt", ReadAll(DataFile("graph.pbtxt")));
  const std::string message = ErrorOf([&] { ReadTensorFlowModel(folder_.path()); });
  EXPECT_THAT(message, HasSubstr("a checkpoint holds variables but no graph"));
  EXPECT_THAT(message, HasSubstr("tf.saved_model.save(model, 'saved_model')"));
  EXPECT_THAT(message, HasSubstr("the folder has 'graph.pbtxt'"));
  EXPECT_THAT(
      ErrorOf([&] { ReadTensorFlowModel(folder_.Write("lost.ckpt.data-00000-of-00001", "bytes")); }),
      HasSubstr("expected the checkpoint's index " + (folder_ / "lost.ckpt.index") + " beside its data"));
}

TEST_F(OddFile, SaysWhereTextFormIsWrong) {
  EXPECT_EQ(ErrorOfFile("a.pbtxt", "node {\n  name: \"x\"\n  opp: \"Add\"\n}\n"),
            ":3:6: Message type \"tensorflow.NodeDef\" has no field named \"opp\".");
  EXPECT_THAT(ErrorOfFile("a.pbtxt", "# a graph\nnode {\n  name: \"x\"\n"), StartsWith(":4:1: "));
}

TEST_F(OddFile, RefusesTruncatedModels) {
  for (const char* name :
       {"graph.pb", "constants.pb", "trained/model.ckpt-10.meta", "saved_model/saved_model.pb"}) {
    const std::string whole = ReadAll(DataFile(name));
    for (size_t size = 1; size < whole.size(); size += 1 + whole.size() / 150) {
      const std::string path = folder_.Write("cut.pb", whole.substr(0, size));
      // A graph may end between two nodes and be a graph still.
      const std::string message = ErrorOf([&] { ReadTensorFlowModel(path); });
      if (!message.empty()) {
        EXPECT_THAT(message, StartsWith(path + ": ")) << size;
      }
    }
    EXPECT_THAT(ErrorOfFile("cut.pb", whole.substr(0, whole.size() - 1)), HasSubstr("damaged")) << name;
  }
}

TEST_F(OddFile, SurvivesFlippedBytes) {
  const std::string whole = ReadAll(DataFile("graph.pb"));
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string bytes = whole;
    bytes[i] = static_cast<char>(bytes[i] ^ 0xff);
    const std::string path = folder_.Write("flipped.pb", bytes);
    ErrorOf([&] { ReadTensorFlowModel(path); });
  }
}

TEST_F(OddFile, RefusesNestingWithoutEnd) {
  // An attribute holding a function holding an attribute holding a function...
  tf::NodeDef node;
  node.set_name("n");
  node.set_op("Call");
  tf::AttrValue* value = &(*node.mutable_attr())["f"];
  for (int i = 0; i < 200; ++i) value = &(*value->mutable_func()->mutable_attr())["f"];
  tf::GraphDef graph;
  *graph.add_node() = node;
  EXPECT_THAT(ErrorOfFile("deep.pb", graph.SerializeAsString()),
              HasSubstr("node 0 of the graph ('n') is damaged"));
  std::string text = "node { attr { ";
  for (int i = 0; i < 100000; ++i) text += "value { func { attr { ";
  EXPECT_THAT(ErrorOfFile("deep.pbtxt", text), HasSubstr(":1:"));
}

TEST_F(OddFile, FoldersSayWhatIsMissing) {
  EXPECT_THAT(ErrorOf([&] { ReadTensorFlowModel(folder_ / "nothing"); }),
              HasSubstr("no such file, folder or checkpoint"));
  std::filesystem::create_directory(folder_ / "bare");
  EXPECT_THAT(
      ErrorOf([&] { ReadTensorFlowModel(folder_ / "bare"); }),
      HasSubstr("a SavedModel, a checkpoint or an events file, found neither saved_model.pb nor checkpoint"));
  folder_.Write("serving/3/saved_model.pb", "");
  EXPECT_THAT(ErrorOf([&] { ReadTensorFlowModel(folder_ / "serving"); }),
              HasSubstr("there is a SavedModel in its folder 3"));
  folder_.Write("lone/model.ckpt.index", "");
  EXPECT_THAT(ErrorOf([&] { ReadTensorFlowModel(folder_ / "lone"); }),
              HasSubstr("a checkpoint holds variables but no graph"));
}

}  // namespace
}  // namespace floe
