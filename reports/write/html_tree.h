// Building an HTML page as a tree that prints as HTML and as well-formed XML alike.
//
// Text and attributes pass Visible() and pugixml's escaping here and nowhere else. Only elements
// that HTML 4 has are used, since libxml2's HTML parser reports every other: so no <details>,
// <main> or <svg>, but check boxes that fold, and roles.
#pragma once

#include <pugixml.hpp>
#include <string>
#include <string_view>

namespace sockspec::report {

// A new last child; no class attribute where `css_class` is empty.
pugi::xml_node AddElement(pugi::xml_node parent, const char* name, std::string_view css_class = "",
                          std::string_view text = "");
void AddText(pugi::xml_node parent, std::string_view text);
void SetAttribute(pugi::xml_node node, const char* name, std::string_view value);

// A <th> for what `scope` names: "row" or "col".
pugi::xml_node AddHeading(pugi::xml_node row, const char* scope, std::string_view text);

// A block of text whose line breaks stay.
pugi::xml_node AddPre(pugi::xml_node parent, std::string_view css_class, std::string_view text);

// <html> with language, character set, style and a policy that forbids scripts and outside
// resources; returns <body>.
pugi::xml_node StartPage(pugi::xml_document* document, std::string_view title);

std::string Print(pugi::xml_document* document);

}  // namespace sockspec::report
