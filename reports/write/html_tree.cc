// Building an HTML page as a tree.
#include "reports/write/html_tree.h"

#include <set>
#include <sstream>

#include "reports/write/html_style.h"
#include "reports/write/visible_text.h"

namespace sockspec::report {

namespace {

// HTML reads <td/> as a start tag, so that elements that may have content need an end tag of their
// own; an empty text makes pugixml print one.
class EndTags : public pugi::xml_tree_walker {
  bool for_each(pugi::xml_node& node) override {
    static const std::set<std::string_view> kVoid = {"meta", "input", "br", "hr", "col"};
    const bool is_empty = node.type() == pugi::node_element && !node.first_child();
    if (is_empty && kVoid.count(node.name()) == 0) {
      node.append_child(pugi::node_pcdata).set_value("");
    }
    return true;
  }
};

void AddMeta(pugi::xml_node head, const char* key, const char* name, const char* content) {
  pugi::xml_node meta = AddElement(head, "meta");
  SetAttribute(meta, key, name);
  SetAttribute(meta, "content", content);
}

}  // namespace

void SetAttribute(pugi::xml_node node, const char* name, std::string_view value) {
  node.append_attribute(name).set_value(Visible(value).c_str());
}

void AddText(pugi::xml_node parent, std::string_view text) {
  if (text.empty()) return;
  parent.append_child(pugi::node_pcdata).set_value(Visible(text).c_str());
}

pugi::xml_node AddElement(pugi::xml_node parent, const char* name, std::string_view css_class,
                          std::string_view text) {
  pugi::xml_node node = parent.append_child(name);
  if (!css_class.empty()) SetAttribute(node, "class", css_class);
  AddText(node, text);
  return node;
}

pugi::xml_node AddHeading(pugi::xml_node row, const char* scope, std::string_view text) {
  pugi::xml_node cell = AddElement(row, "th", "", text);
  SetAttribute(cell, "scope", scope);
  return cell;
}

pugi::xml_node AddPre(pugi::xml_node parent, std::string_view css_class, std::string_view text) {
  pugi::xml_node pre = AddElement(parent, "pre", css_class);
  pre.append_child(pugi::node_pcdata).set_value(Visible(text, Breaks::kKeep).c_str());
  return pre;
}

pugi::xml_node StartPage(pugi::xml_document* document, std::string_view title) {
  document->append_child(pugi::node_doctype).set_value("html");
  pugi::xml_node html = document->append_child("html");
  SetAttribute(html, "xmlns", "http://www.w3.org/1999/xhtml");
  SetAttribute(html, "lang", "en");
  pugi::xml_node head = AddElement(html, "head");
  SetAttribute(AddElement(head, "meta"), "charset", "utf-8");
  AddMeta(head, "http-equiv", "Content-Security-Policy",
          "default-src 'none'; style-src 'unsafe-inline'");
  AddMeta(head, "name", "viewport", "width=device-width, initial-scale=1");
  AddMeta(head, "name", "color-scheme", "light dark");
  AddElement(head, "title", "", title);
  // The style sheet is ours and holds no <, & or >, which HTML and XML read differently here.
  AddElement(head, "style").text().set(kHtmlStyle);
  return AddElement(html, "body");
}

std::string Print(pugi::xml_document* document) {
  EndTags end_tags;
  document->traverse(end_tags);
  std::ostringstream out;
  // A line for each element, no indentation: the page is large.
  document->save(out, "", pugi::format_indent | pugi::format_no_declaration);
  return out.str();
}

}  // namespace sockspec::report
