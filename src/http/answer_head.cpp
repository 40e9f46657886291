#include "answer_head.hpp"

#include <tollgate/core/append.hpp>
#include <tollgate/core/eight_bytes.hpp>

#include <array>
#include <cstdio>

namespace tollgate::http {
namespace {

std::string_view reason(int status) {
    switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 422: return "Unprocessable Content";
    case 425: return "Too Early";
    case 426: return "Upgrade Required";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return status < 400 ? "OK" : "Error";
    }
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// A line break in a value would be a field of somebody else's making. Nearly no value has one: looking for any first
// costs a sixth of replacing as it goes.
char* put_value(char* at, std::string_view value) {
    char* const end = put(at, value);
    if (!has_control(value)) return end;
    for (; at != end; ++at)
        if (is_control(*at) && *at != '\t') *at = ' ';
    return end;
}

constexpr std::size_t head_bytes_beside_fields = 160; // status line, date, connection, framing

std::size_t bytes_max_of(const answer_head& head) {
    std::size_t most = head_bytes_beside_fields + head.date.size();
    for (const field& f : head.fields) most += f.name.size() + f.value.size() + 4;
    return most;
}

char* put_status(char* at, int status) {
    if (status == 200) return put(at, "HTTP/1.1 200 OK");
    at = put_number(put(at, "HTTP/1.1 "), status);
    return put(put(at, " "), reason(status));
}

char* put_framing(char* at, const answer_head& head) {
    switch (head.body) {
    case answer_head::framing::length:
        return put_number(put(at, "\r\ncontent-length: "), static_cast<std::int64_t>(head.body_bytes));
    case answer_head::framing::chunked: return put(at, "\r\ntransfer-encoding: chunked");
    case answer_head::framing::until_close:
    case answer_head::framing::none: break;
    }
    return at;
}

char* put_head(char* at, const answer_head& head) {
    at = put(put(put_status(at, head.status), "\r\ndate: "), head.date);
    for (const field& f : head.fields) {
        at = put_value(put(at, "\r\n"), f.name);
        at = put_value(put(at, ": "), f.value);
    }
    if (head.close)
        at = put(at, "\r\nconnection: close");
    else if (head.name_keep_alive)
        at = put(at, "\r\nconnection: keep-alive");
    return put(put_framing(at, head), "\r\n\r\n");
}

}

bool may_have_body(int status) { return status >= 200 && status != 204 && status != 304; }

void append_head(std::string& out, const answer_head& head) {
    append_with(out, bytes_max_of(head), [&](char* at) { return put_head(at, head); });
}

std::string_view date_text::now() {
    const std::time_t second = std::time(nullptr);
    if (second != second_) {
        second_ = second;
        std::tm parts{};
        ::gmtime_r(&second, &parts);
        // The names are English whatever the locale, so not strftime.
        static constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
        static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        std::snprintf(text_, sizeof text_, "%s, %02u %s %04u %02u:%02u:%02u GMT",
                      days[static_cast<std::size_t>(parts.tm_wday) % days.size()],
                      static_cast<unsigned>(parts.tm_mday) % 100,
                      months[static_cast<std::size_t>(parts.tm_mon) % months.size()],
                      static_cast<unsigned>(parts.tm_year + 1900) % 10000, static_cast<unsigned>(parts.tm_hour) % 100,
                      static_cast<unsigned>(parts.tm_min) % 100, static_cast<unsigned>(parts.tm_sec) % 100);
    }
    return {text_, 29};
}

}
