// /admin/v1/openapi.yaml
#include "routes.hpp"

namespace tollgate::embedded {

std::string_view admin_openapi(); // docs/admin-openapi.yaml

}

namespace tollgate::admin {

answered show_openapi(const call&, hands&) {
    answer out;
    out.body = embedded::admin_openapi();
    out.type = "application/yaml";
    return out;
}

}
