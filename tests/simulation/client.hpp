#pragma once

// The client's side of a request: reads, or does not, and may go away.

#include "request.hpp"

#include <tollgate/ports/exchange.hpp>

#include <functional>
#include <vector>

namespace tollgate::simulation {

class client final : public ports::exchange {
public:
    client(request& of, timeline& time, std::function<bool()> alive);

    std::string_view method() const override { return "POST"; }
    std::string_view path() const override { return "/v1/chat/completions"; }
    std::string_view query() const override { return {}; }
    std::span<const field> fields() const override { return fields_; }
    std::string_view peer() const override { return "192.0.2.1"; }
    std::int64_t arrived_us() const override { return arrived_us_; }
    task<result<std::string_view>> read_body(std::size_t bytes_max) override;
    void drop_body() override {}

    task<bool> send(int status, std::span<const field> fields, std::string_view body) override;
    task<bool> begin(int status, std::span<const field> fields) override;
    task<bool> write(std::span<const std::string_view> pieces) override;
    task<bool> finish(std::span<const std::string_view> pieces) override;
    void abort() override {}
    bool begun() const override { return of_.status != 0; }
    stop_signal& stop() override { return stop_; }

    void leave(); // closes the connection

private:
    bool here() const { return alive_() && !of_.left; }
    void note(int status, std::span<const field> fields);

    request& of_;
    timeline& time_;
    std::function<bool()> alive_;
    std::int64_t arrived_us_;
    std::string number_, session_, authorization_, body_;
    std::vector<field> fields_;
    stop_signal stop_;
    int writes_ = 0;
};

}
