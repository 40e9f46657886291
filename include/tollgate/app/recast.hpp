#pragma once

// A recorded request under another policy: what that policy may ask about it.

#include <tollgate/app/decision_record.hpp>
#include <tollgate/core/catalog.hpp>

namespace tollgate::app {

// Another model for the request, by its recorded bound and the catalogue's prices at its time. Whether the request
// needed tools or a JSON schema is not recorded: such a model counts as able.
policy::candidate recast_as(const std::string& alias, const decision_record& from, const policy::tenant_policy& policy,
                            const catalog& models);

// Answers as the record did where it was asked the same then, else from the catalogue; a confirmation that nobody asked
// for then was not given. All outlive it.
class recast_outlook final : public policy::outlook {
public:
    recast_outlook(const decision_record& from, const policy::tenant_policy& policy, const catalog& models)
        : from_(from), policy_(policy), models_(models) {}
    std::vector<policy::candidate> downgrades() override;
    policy::confirmation confirmed(const policy::facts& about) override;

private:
    const decision_record& from_;
    const policy::tenant_policy& policy_;
    const catalog& models_;
};

}
