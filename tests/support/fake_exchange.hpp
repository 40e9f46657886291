#pragma once

// An exchange without a socket: the request is set up by the test, the answer is kept for it.

#include <tollgate/ports/exchange.hpp>

#include <string>
#include <utility>
#include <vector>

namespace tollgate::test {

class fake_exchange final : public ports::exchange {
public:
    // "/path?query", as a client sends it.
    fake_exchange(std::string method, const std::string& target, std::string body = {})
        : method_(std::move(method)), path_(target.substr(0, target.find('?'))),
          query_(path_.size() < target.size() ? target.substr(path_.size() + 1) : ""), body_(std::move(body)) {
        body_.reserve(body_.size() + 64);
    }
    fake_exchange& with(std::string name, std::string value) {
        sent_.emplace_back(std::move(name), std::move(value));
        fields_.clear();
        for (const auto& [n, v] : sent_) fields_.push_back({n, v});
        return *this;
    }

    std::string_view method() const override { return method_; }
    std::string_view path() const override { return path_; }
    std::string_view query() const override { return query_; }
    std::span<const field> fields() const override { return fields_; }
    std::string_view peer() const override { return "192.0.2.1"; }
    std::int64_t arrived_us() const override { return 0; }
    task<result<std::string_view>> read_body(std::size_t bytes_max) override {
        if (body_.size() > bytes_max) co_return fail(errc::body_too_large, "too large");
        co_return std::string_view(body_);
    }
    void drop_body() override { body_.clear(); }

    task<bool> send(int status_sent, std::span<const field> fields, std::string_view body) override {
        keep(status_sent, fields);
        answer = body;
        ended = true;
        co_return !gone;
    }
    task<bool> begin(int status_sent, std::span<const field> fields) override {
        keep(status_sent, fields);
        co_return !gone;
    }
    task<bool> write(std::span<const std::string_view> pieces) override {
        for (const std::string_view piece : pieces) answer += piece;
        writes += 1;
        if (writes >= gone_after) gone = true;
        co_return !gone;
    }
    task<bool> finish(std::span<const std::string_view> pieces) override {
        const bool written = pieces.empty() || co_await write(pieces);
        if (!written) co_return false;
        ended = true;
        co_return !gone;
    }
    void abort() override { aborted = true; }
    bool begun() const override { return status != 0; }
    stop_signal& stop() override { return stop_; }

    std::string header(std::string_view name) const {
        for (const auto& [n, value] : answer_fields)
            if (same_name(n, name)) return value;
        return {};
    }

    int status = 0; // of the answer; 0: none
    std::vector<std::pair<std::string, std::string>> answer_fields;
    std::string answer;
    bool ended = false, aborted = false, gone = false;
    int writes = 0, gone_after = 1'000'000'000;

private:
    void keep(int status_sent, std::span<const field> fields) {
        status = status_sent;
        for (const field& f : fields) answer_fields.emplace_back(f.name, f.value);
    }

    std::string method_, path_, query_, body_;
    std::vector<std::pair<std::string, std::string>> sent_;
    std::vector<field> fields_;
    stop_signal stop_;
};

}
