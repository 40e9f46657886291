#include <tollgate/upstream/answer_head.hpp>

#include <tollgate/core/limits.hpp>

#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace tollgate::upstream {

namespace {

namespace http = boost::beast::http;
using beast_view = boost::beast::string_view;
using boost::beast::error_code;
using known = http::field;

std::string_view view(beast_view text) { return {text.data(), text.size()}; }

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// Fields that concern this connection, the gateway's own relation to the provider, or the provider's site.
bool stays_here(known name, std::string_view text) {
    switch (name) {
    case known::connection:
    case known::keep_alive:
    case known::proxy_connection:
    case known::proxy_authenticate:
    case known::proxy_authorization:
    case known::proxy_authentication_info:
    case known::te:
    case known::trailer:
    case known::transfer_encoding:
    case known::upgrade:
    case known::content_length:
    case known::content_encoding:
    case known::set_cookie:
    case known::set_cookie2:
    case known::authorization:
    case known::www_authenticate:
    case known::authentication_info:
    case known::alt_svc:
    case known::strict_transport_security: return true;
    case known::unknown: break;
    default: return false;
    }
    constexpr std::string_view names[] = {"openai-organization", "openai-project", "x-api-key", "api-key"};
    for (const std::string_view name_here : names)
        if (same_name(text, name_here)) return true;
    return text.size() > 6 && same_name(text.substr(0, 6), "proxy-");
}

coding coding_of(std::string_view value) {
    if (value.empty() || same_name(value, "identity")) return coding::identity;
    if (same_name(value, "gzip") || same_name(value, "x-gzip") || same_name(value, "deflate")) return coding::gzip;
    return coding::unknown;
}

// Records views; Beast checks the grammar. The bytes must be one complete head.
class recorder final : public http::basic_parser<false> {
public:
    recorder(std::string_view text, answer_head& out) : text_(text), out_(out) {
        header_limit(static_cast<std::uint32_t>(limits::upstream_head_bytes_max));
        body_limit(boost::none);
    }

    const char* fault = nullptr;
    std::optional<std::uint64_t> length;
    bool chunked = false;
    int version = 11;

private:
    void refuse(const char* why, error_code& ec) {
        fault = why;
        ec = http::error::bad_field;
    }

    void on_response_impl(int code, beast_view, int http_version, error_code&) override {
        out_.status = code;
        version = http_version;
    }

    void on_field_impl(known name, beast_view name_text, beast_view value_text, error_code& ec) override {
        const std::string_view text = view(name_text), value = view(value_text);
        // A folded value lives in the parser's own buffer, which the next one overwrites.
        if (!value.empty() && (value.data() < text_.data() || value.data() >= text_.data() + text_.size()))
            return refuse("a folded field", ec);
        if (++count_ > limits::head_fields_max) return refuse("too many fields", ec);
        switch (name) {
        case known::content_length: take_length(value, ec); break;
        case known::transfer_encoding: take_transfer_encoding(value, ec); break;
        case known::connection: take_connection(value); break;
        case known::content_encoding:
            if (encoded_) return refuse("two content-encodings", ec);
            encoded_ = true;
            out_.encoding = coding_of(value);
            break;
        default: break;
        }
        if (!stays_here(name, text)) out_.fields.push_back({text, value});
    }

    void take_length(std::string_view value, error_code& ec) {
        std::uint64_t parsed = 0;
        const auto [end, fail] = std::from_chars(value.data(), value.data() + value.size(), parsed);
        if (length || fail != std::errc{} || end != value.data() + value.size())
            return refuse("a doubtful content-length", ec);
        length = parsed;
    }

    void take_transfer_encoding(std::string_view value, error_code& ec) {
        if (chunked || !same_name(value, "chunked")) return refuse("an unknown transfer-encoding", ec);
        chunked = true;
    }

    void take_connection(std::string_view list) {
        while (!list.empty()) {
            const std::size_t comma = std::min(list.find(','), list.size());
            const std::string_view name = trimmed(list.substr(0, comma));
            if (!name.empty() && !same_name(name, "keep-alive") && !same_name(name, "close"))
                out_.hop_names.push_back(name);
            list.remove_prefix(std::min(comma + 1, list.size()));
        }
    }

    void on_request_impl(http::verb, beast_view, beast_view, int, error_code&) override {}
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(beast_view body, error_code&) override { return body.size(); }
    void on_chunk_header_impl(std::uint64_t, beast_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, beast_view body, error_code&) override { return body.size(); }
    void on_finish_impl(error_code&) override {}

    std::string_view text_;
    answer_head& out_;
    std::size_t count_ = 0;
    bool encoded_ = false;
};

framing framing_of(const recorder& seen, int status, bool to_head_method) {
    if (to_head_method || status < 200 || status == 204 || status == 304) return framing::none;
    if (seen.chunked) return framing::chunked;
    if (!seen.length) return framing::until_close;
    return *seen.length == 0 ? framing::none : framing::length;
}

void drop_named_by_connection(answer_head& head) {
    if (head.hop_names.empty()) return;
    std::erase_if(head.fields, [&](const field& f) {
        return std::ranges::any_of(head.hop_names, [&](std::string_view name) { return same_name(f.name, name); });
    });
}

}

std::size_t find_head_end(std::string_view bytes, std::size_t from) {
    const std::size_t at = bytes.find("\r\n\r\n", from > 3 ? from - 3 : 0);
    return at == std::string_view::npos ? 0 : at + 4;
}

result<void> parse_answer_head(std::string_view text, bool to_head_method, answer_head& out) {
    out.status = 0;
    out.encoding = coding::identity;
    out.fields.clear();
    out.hop_names.clear();
    recorder parser(text, out);
    error_code ec;
    parser.put(boost::asio::const_buffer(text.data(), text.size()), ec);
    if (parser.fault) return fail(errc::provider_error, std::string("answer head with ") + parser.fault);
    if (ec || !parser.is_header_done()) return fail(errc::provider_error, "malformed answer head: " + ec.message());
    if (out.status < 100 || out.status > 599 || out.status == 101)
        return fail(errc::provider_error, "answer with status " + std::to_string(out.status));
    if (parser.chunked && parser.length)
        return fail(errc::provider_error, "answer head with both content-length and transfer-encoding");
    drop_named_by_connection(out);
    out.body = framing_of(parser, out.status, to_head_method);
    out.length = parser.length.value_or(0);
    // Chunks in an HTTP/1.0 answer are readable but suspect (RFC 9112, 6.1): nothing may follow on that connection.
    out.keep_alive =
        parser.keep_alive() && out.body != framing::until_close && !(parser.chunked && parser.version < 11);
    return {};
}

}
