#include "answer_head.hpp"

#include <array>
#include <charconv>
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

void append_number(std::string& out, std::uint64_t number) {
    std::array<char, 20> text;
    out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr);
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// A line break in a value would be a field of somebody else's making. Nearly no value has one: looking for any first,
// without a branch a byte, costs a sixth of replacing as it goes.
void append_value(std::string& out, std::string_view value) {
    const std::size_t start = out.size();
    out.append(value);
    unsigned controls = 0;
    for (const char c : value) controls |= static_cast<unsigned>(is_control(c));
    if (controls == 0) return;
    for (std::size_t i = start; i < out.size(); ++i)
        if (is_control(out[i]) && out[i] != '\t') out[i] = ' ';
}

}

bool may_have_body(int status) { return status >= 200 && status != 204 && status != 304; }

void append_head(std::string& out, const answer_head& head) {
    if (head.status == 200) {
        out += "HTTP/1.1 200 OK\r\ndate: ";
    } else {
        out += "HTTP/1.1 ";
        append_number(out, static_cast<std::uint64_t>(head.status));
        out += ' ';
        out += reason(head.status);
        out += "\r\ndate: ";
    }
    out += head.date;
    for (const field& f : head.fields) {
        out += "\r\n";
        append_value(out, f.name);
        out += ": ";
        append_value(out, f.value);
    }
    if (head.close)
        out += "\r\nconnection: close";
    else if (head.name_keep_alive)
        out += "\r\nconnection: keep-alive";
    switch (head.body) {
    case answer_head::framing::length:
        out += "\r\ncontent-length: ";
        append_number(out, head.body_bytes);
        break;
    case answer_head::framing::chunked: out += "\r\ntransfer-encoding: chunked"; break;
    case answer_head::framing::until_close:
    case answer_head::framing::none: break;
    }
    out += "\r\n\r\n";
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
