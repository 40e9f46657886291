#include <tollgate/observability/request_log.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace tollgate::observability {

namespace {

class scratch {
public:
    scratch() {
        std::string name = (std::filesystem::temp_directory_path() / "tollgate-log-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    ~scratch() { std::filesystem::remove_all(path_); }
    std::string file(const char* name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

std::string contents(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

void wait_until(const auto& holds) {
    while (!holds()) std::this_thread::yield();
}

}

TEST(request_log, writes_lines_in_the_order_of_their_thread) {
    const scratch dir;
    request_log_writer log(dir.file("requests.log"));
    ports::request_log& one = log.add_thread();
    ports::request_log& two = log.add_thread();
    log.start();
    std::thread other([&] {
        for (int i = 0; i < 5000; ++i) two.write("b" + std::to_string(i));
    });
    for (int i = 0; i < 5000; ++i) one.write("a" + std::to_string(i));
    other.join();
    log.stop();

    std::ifstream in(dir.file("requests.log"));
    std::string line;
    int a = 0, b = 0;
    while (std::getline(in, line)) {
        int& next = line[0] == 'a' ? a : b;
        EXPECT_EQ(line.substr(1), std::to_string(next));
        ++next;
    }
    EXPECT_EQ(a, 5000);
    EXPECT_EQ(b, 5000);
    EXPECT_EQ(log.dropped(), 0u);
}

TEST(request_log, a_lone_line_is_written_without_any_other) {
    const scratch dir;
    request_log_writer log(dir.file("requests.log"));
    ports::request_log& one = log.add_thread();
    log.start();
    one.write("{}");
    wait_until([&] { return contents(dir.file("requests.log")) == "{}\n"; });
    log.stop();
}

TEST(request_log, a_full_buffer_drops_and_counts) {
    const scratch dir;
    request_log_writer log(dir.file("requests.log"), 10);
    ports::request_log& one = log.add_thread();
    one.write("1234"); // five bytes with its newline
    one.write("5678"); // ten
    one.write("");     // eleven
    one.write("9");
    EXPECT_EQ(log.dropped(), 2u);
    log.start();
    log.stop();
    EXPECT_EQ(contents(dir.file("requests.log")), "1234\n5678\n");
}

TEST(request_log, opens_a_file_that_was_moved_away_again) {
    const scratch dir;
    request_log_writer log(dir.file("requests.log"));
    ports::request_log& one = log.add_thread();
    log.start();
    one.write("old");
    wait_until([&] { return contents(dir.file("requests.log")) == "old\n"; });
    std::filesystem::rename(dir.file("requests.log"), dir.file("requests.log.1"));
    log.reopen();
    wait_until([&] { return std::filesystem::exists(dir.file("requests.log")); });
    one.write("new");
    log.stop();
    EXPECT_EQ(contents(dir.file("requests.log.1")), "old\n");
    EXPECT_EQ(contents(dir.file("requests.log")), "new\n");
}

TEST(request_log, keeps_its_file_when_the_new_one_cannot_be_opened) {
    const scratch dir;
    std::filesystem::create_directory(dir.file("logs"));
    request_log_writer log(dir.file("logs/requests.log"));
    ports::request_log& one = log.add_thread();
    log.start();
    std::filesystem::rename(dir.file("logs"), dir.file("gone"));
    log.reopen();
    wait_until([&] { return log.reopen_failures() == 1; });
    one.write("still");
    log.stop();
    EXPECT_EQ(contents(dir.file("gone/requests.log")), "still\n");
}

TEST(request_log, off_takes_lines_and_forgets_them) {
    request_log_writer log("off");
    ports::request_log& one = log.add_thread();
    log.start();
    one.write("{}");
    log.stop();
    EXPECT_EQ(log.dropped(), 0u);
}

TEST(request_log, a_file_that_cannot_be_opened_is_said_at_the_start) {
    EXPECT_THROW(request_log_writer("/nowhere/at/all.log"), std::runtime_error);
}

TEST(request_log, a_closed_pipe_costs_lines_and_nothing_else) {
    const scratch dir;
    ::signal(SIGPIPE, SIG_IGN);
    ASSERT_EQ(::mkfifo(dir.file("pipe").c_str(), 0600), 0);
    const int reader = ::open(dir.file("pipe").c_str(), O_RDONLY | O_NONBLOCK);
    request_log_writer log(dir.file("pipe"));
    ports::request_log& one = log.add_thread();
    ::close(reader);
    one.write("a");
    one.write("b");
    log.start();
    log.stop();
    EXPECT_EQ(log.dropped(), 2u);
}

TEST(request_log, a_reader_that_does_not_read_does_not_hold_up_the_end) {
    const scratch dir;
    ASSERT_EQ(::mkfifo(dir.file("pipe").c_str(), 0600), 0);
    const int reader = ::open(dir.file("pipe").c_str(), O_RDONLY | O_NONBLOCK);
    request_log_writer log(dir.file("pipe"));
    ports::request_log& one = log.add_thread();
    log.start();
    const std::string line(1023, 'x');
    for (int i = 0; i < 1024; ++i) one.write(line); // sixteen times what a pipe takes
    log.stop();
    EXPECT_GT(log.dropped(), 0u);
    ::close(reader);
}

}
