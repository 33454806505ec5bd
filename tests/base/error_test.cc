#include "base/error.h"

#include <gtest/gtest.h>

#include "base/check.h"

namespace floe {
namespace {

TEST(Error, CarriesCodeAndFormattedMessage) {
  try {
    Throw(ErrorCode::kUsage, "conv2d '{}': expected {}-D input", "stem/conv", 4);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_STREQ(error.what(), "conv2d 'stem/conv': expected 4-D input");
  }
}

TEST(Check, AHoldingConditionDoesNotEvaluateItsDetail) {
  int evaluated = 0;
  const auto detail = [&] { return ++evaluated, std::string("x"); };
  CHECK(true, detail());
  EXPECT_EQ(evaluated, 0);
}

TEST(Check, ABrokenConditionThrowsWithPlaceConditionAndDetail) {
  try {
    CHECK(1 == 2, "detail");
    FAIL();
  } catch (const InternalError& error) {
    EXPECT_NE(std::string(error.what()).find("1 == 2 (detail)"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("error_test.cc"), std::string::npos);
  }
}

}  // namespace
}  // namespace floe
