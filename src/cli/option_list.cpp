#include "option_list.hpp"

#include <tollgate/core/ids.hpp>
#include <tollgate/core/money.hpp>
#include <tollgate/core/time.hpp>

#include <CLI/CLI.hpp>

#include <string_view>
#include <utility>

namespace tollgate::cli {

namespace {

CLI::Validator parsed_by(std::string type, bool (*parses)(std::string_view), std::string hint) {
    return CLI::Validator(
        [parses, hint](std::string& text) { return parses(text) ? std::string() : "`" + text + "` is not " + hint; },
        std::move(type));
}

}

option& option::required() {
    of_->required();
    return *this;
}

option& option::type_name(const char* name) {
    of_->type_name(name);
    return *this;
}

option& option::at_most(std::size_t times) {
    of_->expected(1, static_cast<int>(times));
    return *this;
}

option& option::comma_separated() {
    of_->delimiter(',');
    return *this;
}

option& option::usd() {
    of_->check(parsed_by(
        "USD", [](std::string_view text) { return parse_usd(text).has_value(); },
        "an amount of USD: digits with at most nine decimals, as in 12.50"));
    return *this;
}

option& option::time() {
    of_->check(parsed_by(
        "TIME", [](std::string_view text) { return parse_rfc3339(text).has_value(); },
        "a date (2026-07-01) or a time (2026-07-01T12:00:00Z)"));
    return *this;
}

option& option::request_id() {
    of_->check(parsed_by(
        "REQUEST_ID", [](std::string_view text) { return tollgate::request_id::parse(text).has_value(); },
        "a request id: req_ and 26 characters, as in the answer's x-request-id"));
    return *this;
}

option& option::one_of(std::initializer_list<const char*> values) {
    of_->check(CLI::IsMember(std::vector<std::string>(values.begin(), values.end())));
    return *this;
}

option& option::between(std::int32_t least, std::int32_t most) {
    of_->check(CLI::Range(least, most));
    return *this;
}

option& option::between(std::size_t least, std::size_t most) {
    of_->check(CLI::Range(least, most));
    return *this;
}

bool option::given() const { return of_->count() > 0; }

template <class Value>
option option_list::add(const char* names, Value& into, const char* help) {
    return option(*of_->add_option(names, into, help));
}

template option option_list::add(const char*, std::string&, const char*);
template option option_list::add(const char*, std::vector<std::string>&, const char*);
template option option_list::add(const char*, std::int32_t&, const char*);
template option option_list::add(const char*, std::size_t&, const char*);
template option option_list::add(const char*, unsigned&, const char*);

}
