// The style sheet of the HTML report, from reports/template/report.css.
#pragma once

namespace sockspec::report {

extern const char kHtmlStyle[];

}  // namespace sockspec::report
