// The rules themselves: planted breaches are found, and what is allowed is let through.

#include <tidy/banned.hpp>
#include <tidy/layers.hpp>
#include <tidy/sizes.hpp>
#include <tidy/tree.hpp>

#include <gtest/gtest.h>

namespace tollgate::tidy {

namespace {

source_file cpp(std::string path, const std::string& text) { return read_source(std::move(path), text); }

std::string lines(std::size_t count, const std::string& line) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += line + "\n";
    return text;
}

TEST(layers, let_includes_point_upward_only) {
    struct row {
        const char *path, *include;
        std::size_t found;
    };
    const row rows[] = {
        {"src/app/complete.cpp", "<tollgate/core/money.hpp>", 0},
        {"src/core/money.cpp", "<tollgate/core/money.hpp>", 0},
        {"src/core/money.cpp", "<tollgate/ledger/types.hpp>", 1},
        {"include/tollgate/core/money.hpp", "<tollgate/ports/clock.hpp>", 1},
        {"src/policy/rules/a.cpp", "<tollgate/openai/request.hpp>", 1},
        {"src/http/session.cpp", "<tollgate/upstream/pool.hpp>", 1},
        {"src/http/session.cpp", "\"../upstream/pool.hpp\"", 1},
        {"src/postgres/ledger.cpp", "<tollgate/store/ledger_store.hpp>", 0},
        {"src/postgres/ledger.cpp", "<tollgate/sqlite/ledger.hpp>", 1},
        {"src/admin/routes.cpp", "<tollgate/http/server.hpp>", 0},
        {"src/daemon/daemon.cpp", "<tollgate/mock/mock.hpp>", 1},
        {"src/cli/main.cpp", "<tollgate/mock/mock.hpp>", 0},
        {"tests/unit/core/money_test.cpp", "<tollgate/cli/main.hpp>", 0},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(std::string(r.path) + " " + r.include);
        EXPECT_EQ(check_layers(cpp(r.path, std::string("#include ") + r.include + "\n")).size(), r.found);
    }
}

TEST(layers, keep_each_library_in_its_place) {
    struct row {
        const char *path, *include;
        std::size_t found;
    };
    const row rows[] = {
        {"src/http/session.cpp", "<boost/beast/http.hpp>", 0},
        {"src/app/complete.cpp", "<boost/beast/http.hpp>", 1},
        {"src/app/complete.cpp", "<boost/asio/buffer.hpp>", 0},
        {"src/core/money.cpp", "<boost/asio/buffer.hpp>", 1},
        {"src/postgres/a.cpp", "<libpq-fe.h>", 0},
        {"src/sqlite/a.cpp", "<libpq-fe.h>", 1},
        {"src/sqlite/a.cpp", "<sqlite3.h>", 0},
        {"src/app/a.cpp", "<sqlite3.h>", 1},
        {"src/config/a.cpp", "<yaml-cpp/yaml.h>", 0},
        {"src/daemon/a.cpp", "<yaml-cpp/yaml.h>", 1},
        {"src/observability/a.cpp", "<spdlog/spdlog.h>", 0},
        {"src/http/a.cpp", "<spdlog/spdlog.h>", 1},
        {"src/admin/a.cpp", "<nlohmann/json.hpp>", 0},
        {"src/app/a.cpp", "<nlohmann/json.hpp>", 1},
        {"src/openai/a.cpp", "<simdjson.h>", 0},
        {"src/http/a.cpp", "<simdjson.h>", 1},
        {"src/cli/a.cpp", "<CLI/CLI.hpp>", 0},
        {"src/daemon/a.cpp", "<CLI/CLI.hpp>", 1},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(std::string(r.path) + " " + r.include);
        EXPECT_EQ(check_layers(cpp(r.path, std::string("#include ") + r.include + "\n")).size(), r.found);
    }
}

TEST(layers, ask_for_a_row_for_each_new_layer) { EXPECT_EQ(check_layers(cpp("src/novel/a.cpp", "")).size(), 1U); }

TEST(banned, calls_are_found_in_code_and_not_in_comments_or_literals) {
    struct row {
        const char *path, *text;
        std::size_t found;
    };
    const row rows[] = {
        {"src/app/a.cpp", "co_spawn(ex, f(), net::detached);", 1},
        {"src/runtime/a.cpp", "co_spawn(ex, f(), net::detached);", 0},
        {"src/app/a.cpp", "bool undetached = true;", 0},
        {"src/app/a.cpp", "// never detached", 0},
        {"src/app/a.cpp", "/* never\n detached */", 0},
        {"src/app/a.cpp", "log(\"detached\");", 0},
        {"src/app/a.cpp", "auto text = R\"x(detached \" )x\";", 0},
        {"src/app/a.cpp", "auto big = 1'000; co_spawn(ex, f(), detached); auto c = 'x';", 1},
        {"src/app/a.cpp", "using namespace net::experimental::awaitable_operators;", 1},
        {"tests/unit/app/a_test.cpp", "std::this_thread::sleep_for(1s);", 1},
        {"src/app/a.cpp", "auto t = std::chrono::system_clock::now();", 1},
        {"src/runtime/wall_clock.cpp", "auto t = std::chrono::system_clock::now();", 0},
        {"src/app/a.cpp", "int n = std::rand();", 1},
        {"src/http/a.cpp", "co_await http::async_read(s, b, parser.get(), use_task);", 1},
        {"src/http/a.cpp", "auto fields = parser.release();", 0},
        {"src/app/a.cpp", "using namespace std;", 1},
        {"src/app/a.cpp", "using namespace std::chrono_literals;", 0},
        {"src/app/a.cpp", "#include <regex>", 1},
        {"src/core/a.cpp", "double price = 1;", 1},
        {"src/observability/a.cpp", "double seconds = 1;", 0},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(std::string(r.path) + ": " + r.text);
        EXPECT_EQ(check_banned_code(cpp(r.path, r.text)).size(), r.found);
    }
}

TEST(banned, a_promise_needs_a_number) {
    const std::string word = std::string("TO") + "DO";
    EXPECT_EQ(check_forbidden_text(cpp("src/a/a.cpp", "// " + word + " later\n")).size(), 1U);
    EXPECT_EQ(check_forbidden_text(cpp("src/a/a.cpp", "// " + word + "\n")).size(), 1U);
    EXPECT_EQ(check_forbidden_text(cpp("src/a/a.cpp", "// " + word + "(12): later\n")).size(), 0U);
    EXPECT_EQ(check_forbidden_text(cpp("src/a/a.cpp", "// " + word + " #12\n")).size(), 0U);
}

TEST(banned, machines_and_registries_are_not_named_anywhere) {
    const std::string path = std::string("/") + "work" + "/main", host = std::string("registry") + ".npmjs" + ".org";
    EXPECT_EQ(check_forbidden_text(read_source("docs/a.md", "see " + path + "\n")).size(), 1U);
    EXPECT_EQ(check_forbidden_text(read_source("a/package-lock.json", "\"https://" + host + "/x\"\n")).size(), 1U);
    EXPECT_EQ(check_forbidden_text(read_source("docs/a.md", "the network, at work or at home\n")).size(), 0U);
}

TEST(sizes, are_measured_just_inside_and_just_outside) {
    EXPECT_EQ(check_sizes(cpp("src/a/a.cpp", lines(file_lines_max, "int x;"))).size(), 0U);
    EXPECT_EQ(check_sizes(cpp("src/a/a.cpp", lines(file_lines_max + 1, "int x;"))).size(), 1U);
    EXPECT_EQ(check_sizes(cpp("src/a/a.cpp", std::string(line_columns_max, 'x'))).size(), 0U);
    EXPECT_EQ(check_sizes(cpp("src/a/a.cpp", std::string(line_columns_max + 1, 'x'))).size(), 1U);
    EXPECT_EQ(check_sizes(cpp("src/a/a.cpp", std::string(line_columns_max - 1, 'x') + "\xC3\xA9")).size(), 0U);
}

TEST(sizes, a_long_function_is_found_wherever_it_stands) {
    struct row {
        const char *before, *after;
        bool is_function;
    };
    const row rows[] = {
        {"void f() {", "}", true},
        {"namespace a {\nint f(int x) const {", "}\n}", true},
        {"class a {\n    a() : b_(1), c_{2} {", "}\n};", true},
        {"template <class T, class U = x<int>>\nauto f(T t) -> x<T> {", "}", true},
        {"TEST(a, b) {", "}", true},
        {"constexpr auto f = [](int x) {", "};", true},
        {"namespace a {", "}", false},
        {"struct a {", "};", false},
        {"enum class a : int {", "};", false},
        {"constexpr row rows[] = {", "};", false},
        {"template <class T>\nclass a : public b<c(int)> {", "};", false},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.before);
        const auto text = [&](std::size_t inner) {
            return std::string(r.before) + "\n" + lines(inner, "    if (x) {\n    }") + r.after + "\n";
        };
        EXPECT_EQ(check_sizes(cpp("src/a/a.cpp", text(34))).size(), 0U); // 70 lines with its braces
        EXPECT_EQ(check_sizes(cpp("src/a/a.cpp", text(35))).size(), r.is_function ? 1U : 0U);
    }
}

TEST(map, names_each_folder_and_no_other) {
    const std::vector<source_file> tree{cpp("src/core/money.cpp", ""), cpp("src/app/run.cpp", ""),
                                        cpp("src/main.cpp", ""), cpp("include/tollgate/ports/clock.hpp", "")};
    const auto map = [](const std::string& text) { return read_source("src/README.md", text); };
    EXPECT_EQ(report(check_map(tree, map("| `core/` | x |\n| `app/` | y |\n| `ports/` | z |\n"))), "");
    EXPECT_EQ(check_map(tree, map("| `core/` | x |\n")).size(), 1U);
    EXPECT_EQ(check_map(tree, map("| `core/` | x |\n| `app/` | y |\n| `old/` | z |\n")).size(), 1U);
}

}

}
