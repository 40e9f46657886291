// Headers of the standard library and of Asio that most files use, compiled once. Only headers of the system: what is
// in here rebuilds everything when it changes. Files still include what they use (TOLLGATE_PRECOMPILED=OFF checks it).

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <expected>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <ranges>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <nlohmann/json.hpp>

#ifdef TOLLGATE_PRECOMPILE_TESTS
#include <gtest/gtest.h>

// What many tests instantiate; nobody calls it.
namespace tollgate_precompiled {

template <class Json>
Json instantiate_json(const std::string& text) {
    Json read = Json::parse(text, nullptr, false);
    read["text"] = text;
    read["number"] = 1;
    read["flag"] = true;
    if (read == Json::parse(text) && read.contains("x")) read["copied"] = read.at("x").template get<std::string>();
    return Json{{"text", read.dump()}};
}

inline void instantiate(const std::string& text) {
    instantiate_json<nlohmann::json>(text);
    instantiate_json<nlohmann::ordered_json>(text);
    std::vector<std::string> texts{text};
    texts.push_back(text);
    texts = std::vector<std::string>(texts);
    std::map<std::string, std::string> named{{text, text}};
    named[text] = text;
    named = std::map<std::string, std::string>(named);
    EXPECT_EQ(text, "x");
    EXPECT_EQ(texts.front(), text);
    EXPECT_EQ(std::string_view(text), "x");
    EXPECT_EQ(texts.size(), 1U);
    EXPECT_EQ(1, 2);
    EXPECT_EQ(std::int64_t(1), 2);
    EXPECT_EQ(texts, texts);
}

}
#endif
