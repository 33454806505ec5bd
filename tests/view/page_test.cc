#include "view/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "view/json.h"
#include "view/page_files.h"

namespace floe::view {
namespace {

using testing::HasSubstr;
using testing::Not;

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(Page, HostileNamesStayText) {
  Data data;
  data.title = "</title><script>alert(1)</script>";
  Side side;
  side.title = "<img src=x onerror=alert(2)>";
  Node node;
  node.name = "</script><script>alert(3)</script><!--";
  node.op = "<svg onload=alert(4)>";
  side.nodes = {node};
  side.warnings = {"--><script>alert(5)</script>"};
  data.sides = {side};
  const std::string page = SelfContainedPage(data.title, ToJson(data));
  const std::string empty = SelfContainedPage("", "{}");
  EXPECT_EQ(Count(page, "<script"), Count(empty, "<script"));
  EXPECT_EQ(Count(page, "</script"), Count(empty, "</script"));
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, Not(HasSubstr("<svg onload")));
  EXPECT_THAT(page, HasSubstr("&lt;/title&gt;"));
}

TEST(Page, WhatIsPutInIsNotLookedAtAgain) {
  EXPECT_EQ(Count(SelfContainedPage("<!--STYLE-->", "{}"), "--ground: #f4f5f7"), 1u);
}

TEST(Page, NeedsNothingElse) {
  const std::string page = SelfContainedPage("t", "{}");
  EXPECT_THAT(page, Not(HasSubstr("http-equiv=\"refresh\"")));
  EXPECT_THAT(page, Not(HasSubstr("<link rel=\"stylesheet\"")));
  EXPECT_THAT(page, Not(HasSubstr("<script src")));
  EXPECT_THAT(page, Not(HasSubstr("https://")));
  EXPECT_THAT(page, HasSubstr("default-src 'none'; script-src 'sha256-"));
  EXPECT_THAT(page, Not(HasSubstr("<!--")));
}

// Markup is never made from text.
TEST(Page, ScriptsSetTextOnly) {
  for (const std::string_view script : {kPageScript, kWorkerScript}) {
    for (const char* risky : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",
                              "new Function", "</script", "<!--"}) {
      EXPECT_EQ(script.find(risky), std::string_view::npos) << risky;
    }
  }
}

}  // namespace
}  // namespace floe::view
