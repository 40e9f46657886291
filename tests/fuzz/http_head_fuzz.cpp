// Heads: no input breaks the scanner, splitting changes nothing, and what is accepted means the same to another parser.

#include <tollgate/core/assert.hpp>
#include <tollgate/http/head_check.hpp>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace beast_http = boost::beast::http;
using namespace tollgate::http;

// How much of `bytes` is a head, looked at in two parts.
std::size_t head_bytes(std::string_view bytes, std::size_t split, bool& fault) {
    head_boundary boundary;
    auto seen = boundary.look(bytes.substr(0, split));
    if (seen == head_boundary::verdict::incomplete) seen = boundary.look(bytes);
    fault = seen == head_boundary::verdict::fault;
    return seen == head_boundary::verdict::complete ? boundary.bytes() : 0;
}

void compare(const request_head& head, const head_facts& facts, std::string_view text) {
    beast_http::request_parser<beast_http::empty_body> other;
    other.header_limit(UINT32_MAX);
    other.body_limit(boost::none);
    boost::system::error_code ec;
    other.put(boost::asio::buffer(text), ec);
    // It checks the list of a Connection field, which decides nothing here but whether to keep the connection.
    if (ec == beast_http::error::bad_value) return;
    TG_ASSERT(!ec || ec == beast_http::error::need_more);
    TG_ASSERT(other.is_header_done());
    TG_ASSERT(head.method == std::string_view(other.get().method_string()));
    TG_ASSERT(head.target == std::string_view(other.get().target()));
    TG_ASSERT(other.get().version() == static_cast<unsigned>(10 + head.minor));
    TG_ASSERT(other.chunked() == (facts.body == head_facts::framing::chunked));
    const auto length = other.content_length();
    TG_ASSERT(length.value_or(0) == facts.body_bytes);
    // It keeps fields of one name together.
    std::vector<std::pair<std::string_view, std::string_view>> mine;
    std::vector<std::pair<std::string_view, std::string_view>> theirs;
    for (const auto& f : head.fields) mine.emplace_back(f.name, f.value);
    for (const auto& f : other.get()) theirs.emplace_back(f.name_string(), f.value());
    std::ranges::sort(mine);
    std::ranges::sort(theirs);
    TG_ASSERT(mine == theirs);
}

}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    bool fault = false;
    bool split_fault = false;
    const std::size_t whole = head_bytes(bytes, bytes.size(), fault);
    const std::size_t parts = head_bytes(bytes, std::min<std::size_t>(data[0], bytes.size()), split_fault);
    TG_ASSERT(whole == parts && fault == split_fault);
    if (whole == 0) return 0;
    request_head head;
    if (parse_head(bytes.substr(0, whole), head) != head_fault::none) return 0;
    const auto facts = check_head(head);
    if (facts) compare(head, *facts, bytes.substr(0, whole));
    return 0;
}
