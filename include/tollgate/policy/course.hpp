#pragma once

// What is done when a limit does not fit: the policy's actions, step by step, as a state machine without I/O. The same
// one runs for a request and for its replay.
//
//   hold -> reading -> take() -> serve | hold again (as a cheaper model, or past a limit that let it) | confirm |
//   refuse
//
// Steps: `notify` goes on; `downgrade` looks for a cheaper model and is then past the limit; `confirm` is past it with
// a valid confirmation; `throttle` and `fail_closed` refuse. Past the end of its actions a limit lets the request pass.

#include <tollgate/policy/candidate.hpp>
#include <tollgate/policy/decide.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tollgate::policy {

enum class confirmation : std::uint8_t { none, valid, invalid, declined };
std::string_view name_of(confirmation state);
std::optional<confirmation> parse_confirmation(std::string_view name);

// What a course may want to know beyond its facts; asked only when a policy comes to it.
class outlook {
public:
    virtual ~outlook() = default;
    // Models that the tenant's `downgrade.to` names below the tier asked for, the nearest first.
    virtual std::vector<candidate> downgrades() = 0;
    virtual confirmation confirmed(const facts& about) = 0;
};

// What the ledger said, in each limit's own measure. `used` is final, `held` may come back.
struct limit_reading {
    std::int64_t used = 0, held = 0;
    friend bool operator==(const limit_reading&, const limit_reading&) = default;
};
struct prepaid_reading {
    std::int64_t used = 0, held = 0, credit = 0; // credit: all that was ever credited, and the credit line
    friend bool operator==(const prepaid_reading&, const prepaid_reading&) = default;
};
struct ledger_reading {
    std::vector<limit_reading> limits; // parallel to course::limits()
    std::optional<prepaid_reading> prepaid;
    friend bool operator==(const ledger_reading&, const ledger_reading&) = default;
};

// One action that ran, for the record and for whoever explains it.
struct step_taken {
    std::string limit;
    action what = action::notify;
    std::string
        said; // "passed", "asked", "declined", "invalid", "no_consent", "served", or why a model was passed over
    std::string model; // with downgrade
    friend bool operator==(const step_taken&, const step_taken&) = default;
};

enum class next : std::uint8_t { serve, hold, confirm, refuse };

class course {
public:
    // All three outlive the course.
    course(const facts& asked, const tenant_policy& policy, outlook& more);

    // The facts as they stand: of the model asked for, or of the one that takes its place.
    const facts& about() const { return now_ ? *now_ : asked_; }
    const candidate* downgraded() const { return chosen_.get(); }
    // The limit that led to it; empty without.
    std::string_view downgraded_by() const { return downgraded_by_; }

    // What the ledger must judge now. In shadow mode nothing is hard.
    const std::vector<applied_limit>& limits() const { return limits_; }

    // After an answer of the ledger about limits(). `hold`: limits() and about() have changed, ask again.
    next take(const ledger_reading& at);

    // After `refuse` and `confirm`.
    std::optional<std::size_t> stopped_by() const { return stopped_by_; } // of limits(); nothing: the prepaid balance
    bool may_come_back() const { return curable_; }                       // running requests hold what is missing
    errc code() const { return code_; }

    const std::vector<step_taken>& steps() const { return steps_; }
    // In shadow mode: what would have been, had the policy been in force.
    next would() const { return would_; }

private:
    struct progress {
        std::string_view limit;
        std::size_t step = 0; // of its actions
    };
    struct misfit {
        std::size_t limit;
        fit how;
    };

    void list_limits();
    std::size_t step_of(const applied_limit& l) const;
    bool passed(const applied_limit& l) const { return step_of(l) >= l.actions->size(); }
    bool next_is(const applied_limit& l, action what) const;
    void advance(const applied_limit& l);
    void pass(const applied_limit& l);
    void note(const applied_limit& l, std::string said, std::string model = {});
    std::vector<misfit> misfits(const ledger_reading& at) const;
    bool run_steps(std::span<const misfit> among);
    bool confirm_or_move_on(const applied_limit& l);
    bool pick(const applied_limit& reason);
    std::string objection_to(const candidate& one) const;
    bool refuse(std::span<const misfit> among, fit prepaid);
    bool ask(std::span<const misfit> among);
    next look_on(std::span<const misfit> among, fit prepaid);

    const facts& asked_;
    const tenant_policy& policy_;
    outlook& more_;
    std::unique_ptr<facts> now_; // few requests come to it, and all would carry its room
    std::optional<std::vector<candidate>> options_;
    std::unique_ptr<candidate> chosen_;
    std::string_view downgraded_by_;
    std::vector<applied_limit> limits_;
    std::vector<progress> progress_;
    std::vector<step_taken> steps_;
    std::optional<std::size_t> stopped_by_;
    bool curable_ = false;
    errc code_ = errc::tenant_budget_exceeded;
    next would_ = next::serve;
};

}
