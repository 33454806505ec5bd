#include "view/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <chrono>
#include <thread>

#include "floe/error.h"

namespace floe::view {
namespace {

using testing::HasSubstr;

// Runs for the length of a test.
class ServerTest : public testing::Test {
 protected:
  ServerTest() : server_({"page", "{\"a\":1}", [] { return std::string("whole"); }}, 0) {
    thread_ = std::thread([this] { server_.Run(); });
    const std::string address = server_.address();
    path_ = address.substr(address.find('/', 7));
    while (!Get(path_)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ~ServerTest() override {
    server_.Stop();
    thread_.join();
  }

  httplib::Result Get(const std::string& path, const httplib::Headers& headers = {}) {
    return httplib::Client("127.0.0.1", server_.port()).Get(path, headers);
  }
  int Status(const std::string& path, const httplib::Headers& headers = {}) {
    const httplib::Result result = Get(path, headers);
    return result ? result->status : 0;
  }

  Server server_;
  std::string path_;
  std::thread thread_;
};

TEST_F(ServerTest, ServesPageDataAndReport) {
  EXPECT_EQ(Get(path_)->body, "page");
  EXPECT_EQ(Get(path_ + "data.json")->body, "{\"a\":1}");
  EXPECT_EQ(Get(path_ + "report.html")->body, "whole");
  EXPECT_EQ(Get(path_)->get_header_value("X-Frame-Options"), "DENY");
}

TEST_F(ServerTest, NeedsTheToken) {
  EXPECT_GE(path_.size(), 34u);
  EXPECT_EQ(Status("/"), 404);
  EXPECT_EQ(Status("/data.json"), 404);
  std::string wrong = path_;
  wrong[5] = wrong[5] == '0' ? '1' : '0';
  EXPECT_EQ(Status(wrong), 404);
  EXPECT_EQ(Status(path_.substr(0, path_.size() - 1)), 404);
}

TEST_F(ServerTest, LeavesNoFolder) {
  for (const char* way :
       {"../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "/etc/passwd",
        "data.json/../../../etc/passwd", "index.html", "\\..\\..\\etc\\passwd"}) {
    EXPECT_EQ(Status(path_ + way), 404) << way;
  }
  EXPECT_THAT(Status("//" + path_), testing::AnyOf(400, 404));
}

TEST_F(ServerTest, RefusesOtherOriginsAndHosts) {
  const std::string port = std::to_string(server_.port());
  EXPECT_EQ(Status(path_, {{"Origin", "http://evil.example"}}), 403);
  EXPECT_EQ(Status(path_, {{"Origin", "null"}}), 403);
  EXPECT_EQ(Status(path_, {{"Origin", "http://127.0.0.1:" + port}}), 200);
  EXPECT_EQ(Status(path_, {{"Host", "evil.example:" + port}}), 403);
  EXPECT_EQ(Status(path_, {{"Host", "localhost:" + port}}), 200);
}

TEST_F(ServerTest, OnlyGets) {
  EXPECT_NE(httplib::Client("127.0.0.1", server_.port()).Post(path_, "x", "text/plain")->status, 200);
}

TEST_F(ServerTest, ListensOnLoopbackAlone) {
  EXPECT_THAT(server_.address(), HasSubstr("http://127.0.0.1:"));
  EXPECT_FALSE(httplib::Client("127.0.0.2", server_.port()).Get(path_));
}

TEST_F(ServerTest, TakenPortIsRefused) {
  try {
    Server second({"", "", nullptr}, server_.port());
    FAIL() << "a second server took the port";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_THAT(error.what(), HasSubstr("port " + std::to_string(server_.port())));
  }
}

TEST(Server, TokensDiffer) {
  const Server a({"", "", nullptr}, 0);
  const Server b({"", "", nullptr}, 0);
  EXPECT_NE(a.address().substr(a.address().rfind('/', a.address().size() - 2)),
            b.address().substr(b.address().rfind('/', b.address().size() - 2)));
}

}  // namespace
}  // namespace floe::view
