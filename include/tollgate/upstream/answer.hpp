#pragma once

// An answer whose head has arrived: the port's upstream_answer over a connection.

#include <tollgate/upstream/body_framing.hpp>
#include <tollgate/upstream/exchange.hpp>
#include <tollgate/upstream/inflater.hpp>
#include <tollgate/upstream/lane.hpp>

#include <memory>
#include <optional>

namespace tollgate::upstream {

class answer final : public ports::upstream_answer {
public:
    struct parts {
        std::unique_ptr<connection> on;
        std::unique_ptr<workspace> space;
        std::shared_ptr<lane> home;        // where the connection goes at the end
        std::shared_ptr<workspaces> spare; // where the workspace goes
        stop_signal& stop;
        patience waits;
    };
    explicit answer(parts all);
    ~answer() override;

    int status() const override { return space_->head.status; }
    std::span<const field> fields() const override { return space_->head.fields; }
    task<result<std::string_view>> read() override;
    std::optional<result<std::string_view>> at_hand() override;
    void drop_read() override;

private:
    // Body bytes out of what has been received; empty: there are none.
    result<std::string_view> decode();
    void broke(const error_code& ec);
    bool body_complete() const;
    void let_go();

    std::unique_ptr<connection> on_; // null once let go
    std::unique_ptr<workspace> space_;
    std::shared_ptr<lane> home_;
    std::shared_ptr<workspaces> spare_;
    stop_signal& stop_;
    patience waits_;
    body_framing framing_;
    std::unique_ptr<inflater> inflater_;
    std::string_view packed_;    // body bytes not yet inflated
    std::optional<error> fault_; // once failed, always failed
};

}
