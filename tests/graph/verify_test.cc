#include "graph/verify.h"

#include <gtest/gtest.h>

#include "graph/text.h"

namespace floe {
namespace {

std::unique_ptr<Graph> Sample() {
  return ParseGraph("graph g(%x: float32[2]) -> (%z) { %y = Relu(%x) %z = Add(%y, %y) }");
}

TEST(VerifyGraph, AcceptsASoundGraph) {
  EXPECT_NO_THROW(VerifyGraph(*Sample()));
}

TEST(VerifyGraph, FindsUsersListedWrong) {
  auto graph = Sample();
  graph->value(graph->FindValue("y")).users.pop_back();
  EXPECT_THROW(VerifyGraph(*graph), InternalError);
}

TEST(VerifyGraph, FindsATypeThatContradictsTheOp) {
  auto graph = Sample();
  graph->value(graph->FindValue("z")).type.shape = Shape{Dim(3)};
  EXPECT_THROW(VerifyGraph(*graph), InternalError);
  EXPECT_THROW(CheckTypes(*graph, ErrorCode::kEngine), Error);
}

TEST(VerifyGraph, FindsANameThatIsNotListed) {
  auto graph = Sample();
  graph->value(graph->FindValue("z")).name = "other";
  EXPECT_THROW(VerifyGraph(*graph), InternalError);
}

}  // namespace
}  // namespace floe
