"""The collections that are served: one declarative entry each.

To add one: an entry here, a generator in `world/`, and, where rows of other tables repeat or need
it, its rules in `consistency.py`.
"""

from dataclasses import dataclass
from functools import cached_property

from cwp_local.sandbox.catalogue import Entity
from cwp_shared.names import table_id

_ALL_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
#: Parts of a ticket that only a POST takes.
_INITIAL_TEXTS = (
    *("initialDescription", "initialInternalAnalysis", "initialResolution"),
    *("contactEmailLookup", "processNotifications", "skipCallback"),
)


#: What every ticket has.
_OF_TICKETS = (
    *("board", "status", "priority", "location", "department", "mobileGuid"),
    *("actualHours", "closedFlag"),
)


@dataclass(frozen=True)
class Parent:
    """The table a nested collection hangs under; `link` is where its rows name their parent."""

    path: str
    link: str


@dataclass(frozen=True, eq=False)
class Table:
    """A collection of the API.

    `noun` names a row in messages ("Ticket 5 not found"), `resource` in validation errors.
    `references` are the kinds of reference objects that point to its rows, `kin` the fields that
    hold the bare id of another row of it. `methods` are the ways to write that the service has;
    reading is always possible. A `searchable` collection also takes its filter from the body of
    a POST to `/search`. `setup` tables have few rows, which all others refer to and which hardly
    ever go; looking for rows that refer to one of them may take a scan. `unfilterable` fields are
    returned, but refused in conditions. `unique` are texts that no two rows have alike, `kept` the
    fields that the service sees to itself: they cannot be taken away.
    """

    path: str
    noun: str
    resource: str
    required: tuple[str, ...]
    references: tuple[str, ...] = ()
    never_returned: tuple[str, ...] = ()
    parent: Parent | None = None
    kin: tuple[str, ...] = ()
    also_indexed: tuple[str, ...] = ()
    methods: frozenset[str] = _ALL_METHODS
    searchable: bool = False
    setup: bool = False
    unfilterable: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @cached_property
    def id(self) -> str:
        """`service_tickets`; also the name of the SQL table."""
        return table_id(self.path)

    @cached_property
    def entity(self) -> Entity:
        """The fields rows have."""
        return Entity(self.path, self.never_returned)

    @cached_property
    def indexed(self) -> tuple[str, ...]:
        """Values that have an SQL column and an index, as rows are found by them.

        Those are all that name a row that may go: its parent, its kin, and references to rows of
        tables that are not setup tables.
        """
        parent = (self.parent.link,) if self.parent else ()
        going = {kind for table in TABLES.values() if not table.setup for kind in table.references}
        types = self.entity.types.items()
        references = (f"{name}/id" for name, type_text in types if type_text[2:] in going)
        single = (*parent, *self.kin, *self.also_indexed, *references)
        return tuple(dict.fromkeys(single))


# Setup tables

LOCATIONS = Table(
    path="/system/locations",
    noun="Location",
    resource="location",
    required=("name",),
    references=("SystemLocationReference", "OwnerLevelReference"),
    setup=True,
)
DEPARTMENTS = Table(
    path="/system/departments",
    noun="Department",
    resource="department",
    required=("identifier", "name"),
    references=("SystemDepartmentReference", "BillingUnitReference"),
    setup=True,
)
WORK_ROLES = Table(
    path="/time/workRoles",
    noun="WorkRole",
    resource="workRole",
    required=("name",),
    references=("WorkRoleReference",),
    unfilterable=("inactiveFlag",),
    setup=True,
)
WORK_TYPES = Table(
    path="/time/workTypes",
    noun="WorkType",
    resource="workType",
    required=("name",),
    references=("WorkTypeReference",),
    setup=True,
)
USER_DEFINED_FIELDS = Table(
    path="/system/userDefinedFields",
    noun="UserDefinedField",
    resource="userDefinedField",
    required=("caption", "fieldTypeIdentifier", "entryTypeIdentifier"),
    setup=True,
)
MEMBERS = Table(
    path="/system/members",
    noun="Member",
    resource="member",
    required=("identifier", "firstName", "lastName"),
    references=("MemberReference",),
    methods=_ALL_METHODS - {"DELETE"},
    setup=True,
    unique=("identifier",),
)
BOARDS = Table(
    path="/service/boards",
    noun="Board",
    resource="board",
    required=("name", "location", "department"),
    references=("BoardReference", "ProjectBoardReference"),
    setup=True,
)
BOARD_STATUSES = Table(
    path="/service/boards/{id}/statuses",
    noun="BoardStatus",
    resource="boardStatus",
    required=("name",),
    references=("ServiceStatusReference",),
    parent=Parent("/service/boards", "board/id"),
    unfilterable=("defaultFlag",),
    setup=True,
)
PRIORITIES = Table(
    path="/service/priorities",
    noun="Priority",
    resource="priority",
    required=("name", "color"),
    references=("PriorityReference",),
    setup=True,
)
COMPANY_TYPES = Table(
    path="/company/companies/types",
    noun="CompanyType",
    resource="companyType",
    required=("name",),
    references=("CompanyTypeReference",),
    setup=True,
)
COMPANY_STATUSES = Table(
    path="/company/companies/statuses",
    noun="CompanyStatus",
    resource="companyStatus",
    required=("name",),
    references=("CompanyStatusReference",),
    unfilterable=("inactiveFlag",),
    setup=True,
)
AGREEMENT_TYPES = Table(
    path="/finance/agreements/types",
    noun="AgreementType",
    resource="agreementType",
    required=("name",),
    references=("AgreementTypeReference",),
    unfilterable=("inactiveFlag",),
    setup=True,
)
CATALOG_ITEMS = Table(
    path="/procurement/catalog",
    noun="CatalogItem",
    resource="catalogItem",
    required=("identifier", "subcategory", "type"),
    references=("CatalogItemReference", "IvItemReference"),
    setup=True,
    unique=("identifier",),
)

# Customers

COMPANIES = Table(
    path="/company/companies",
    noun="Company",
    resource="company",
    required=("identifier", "name"),
    references=("CompanyReference",),
    unique=("identifier",),
    kept=("status", "deletedFlag", "mobileGuid"),
)
SITES = Table(
    path="/company/companies/{id}/sites",
    noun="CompanySite",
    resource="companySite",
    required=("name",),
    references=("SiteReference",),
    parent=Parent("/company/companies", "company/id"),
)
CONTACTS = Table(
    path="/company/contacts",
    noun="Contact",
    resource="contact",
    required=("firstName",),
    references=("ContactReference",),
    never_returned=("ignoreDuplicates",),
    kept=("mobileGuid",),
)
CONFIGURATIONS = Table(
    path="/company/configurations",
    noun="Configuration",
    resource="configuration",
    required=("name", "type", "company"),
    kin=("parentConfigurationId",),
)

# Sales and contracts

OPPORTUNITIES = Table(
    path="/sales/opportunities",
    noun="Opportunity",
    resource="opportunity",
    required=("name", "company", "contact", "primarySalesRep"),
    references=("OpportunityReference",),
)
AGREEMENTS = Table(
    path="/finance/agreements",
    noun="Agreement",
    resource="agreement",
    required=("name", "type", "company", "contact"),
    references=("AgreementReference",),
)
ADDITIONS = Table(
    path="/finance/agreements/{id}/additions",
    noun="Addition",
    resource="addition",
    required=("product", "billCustomer"),
    parent=Parent("/finance/agreements", "agreementId"),
)
ORDERS = Table(
    path="/sales/orders",
    noun="Order",
    resource="order",
    required=("company",),
    references=("SalesOrderReference",),
)

# Work

PROJECTS = Table(
    path="/project/projects",
    noun="Project",
    resource="project",
    required=("name", "board", "company", "billingMethod", "estimatedStart", "estimatedEnd"),
    references=("ProjectReference",),
    kept=("status", "location", "department", "actualHours", "closedFlag"),
)
PHASES = Table(
    path="/project/projects/{id}/phases",
    noun="ProjectPhase",
    resource="projectPhase",
    required=("description",),
    references=("ProjectPhaseReference",),
    parent=Parent("/project/projects", "projectId"),
)
TICKETS = Table(
    path="/service/tickets",
    noun="Ticket",
    resource="ticket",
    required=("summary", "company"),
    references=("TicketReference",),
    never_returned=("initialDescriptionFrom", *_INITIAL_TEXTS),
    searchable=True,
    kin=("parentTicketId",),
    kept=("recordType", *_OF_TICKETS),
)
PROJECT_TICKETS = Table(
    path="/project/tickets",
    noun="Ticket",
    resource="ticket",
    required=("summary", "project", "phase"),
    references=("TicketReference",),
    never_returned=_INITIAL_TEXTS,
    searchable=True,
    kept=_OF_TICKETS,
)
NOTES = Table(
    path="/service/tickets/{id}/notes",
    noun="ServiceNote",
    resource="serviceNote",
    required=("text",),
    never_returned=("processNotifications",),
    parent=Parent("/service/tickets", "ticketId"),
)
ACTIVITIES = Table(
    path="/sales/activities",
    noun="Activity",
    resource="activity",
    required=("name", "assignTo"),
    references=("ActivityReference",),
)
SCHEDULE_ENTRIES = Table(
    path="/schedule/entries",
    noun="ScheduleEntry",
    resource="scheduleEntry",
    required=("objectId", "type"),
    also_indexed=("objectId",),
)
TIME_SHEETS = Table(
    path="/time/sheets",
    noun="TimeSheet",
    resource="timeSheet",
    required=("member",),
    references=("TimeSheetReference",),
)

# Money

INVOICES = Table(
    path="/finance/invoices",
    noun="Invoice",
    resource="invoice",
    required=("company",),
    references=("InvoiceReference",),
)
TIME_ENTRIES = Table(
    path="/time/entries",
    noun="TimeEntry",
    resource="timeentry",
    required=("chargeToId", "timeStart"),
    kept=("company", "actualHours", "timeEnd", "member", "location", "department"),
)
EXPENSES = Table(
    path="/expense/entries",
    noun="ExpenseEntry",
    resource="expenseEntry",
    required=("amount", "date", "type"),
)
PRODUCTS = Table(
    path="/procurement/products",
    noun="ProductItem",
    resource="productItem",
    required=("catalogItem", "billableOption"),
    never_returned=("bypassForecastUpdate",),
)
PURCHASE_ORDERS = Table(
    path="/procurement/purchaseorders",
    noun="PurchaseOrder",
    resource="purchaseOrder",
    required=("vendorCompany",),
)

#: By id, parents before children.
TABLES = {
    table.id: table
    for table in (
        *(LOCATIONS, DEPARTMENTS, WORK_ROLES, WORK_TYPES, USER_DEFINED_FIELDS, MEMBERS),
        *(BOARDS, BOARD_STATUSES, PRIORITIES, COMPANY_TYPES, COMPANY_STATUSES, AGREEMENT_TYPES),
        *(COMPANIES, SITES, CONTACTS, CONFIGURATIONS, CATALOG_ITEMS),
        *(OPPORTUNITIES, AGREEMENTS, ADDITIONS, ORDERS, PROJECTS, PHASES),
        *(TICKETS, PROJECT_TICKETS, NOTES, ACTIVITIES, SCHEDULE_ENTRIES, TIME_SHEETS),
        *(INVOICES, TIME_ENTRIES, EXPENSES, PRODUCTS, PURCHASE_ORDERS),
    )
}
BY_PATH = {table.path.lower().strip("/"): table for table in TABLES.values()}
