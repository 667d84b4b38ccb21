"""Setup tables that rows refer to and that the sandbox does not serve: sources, tax codes, ...

Every company has the same ones. They are made once, and shared by all rows.
"""

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.world.links import API, coded, identified, listed

SOURCES = listed("source", "service/sources", ("Email Connector", "Phone", "Portal", "RMM"))
SERVICE_LOCATIONS = listed("location", "service/locations", ("Remote", "On-Site", "In-House"))
SLAS = listed("sla", "service/SLAs", ("Standard SLA", "Premium SLA"))
CONTACT_TYPES = listed("type", "company/contacts/types", ("Primary", "Approver", "End User"))
RELATIONSHIPS = listed("relationship", "company/contacts/relationships", ("Employee", "Owner"))
CONTACT_DEPARTMENTS = listed("department", "company/contacts/departments", ("Office", "Finance"))
MARKETS = listed("market", "company/marketDescriptions", ("Healthcare", "Retail", "Industry"))
OWNERSHIPS = listed("ownershipType", "company/ownershipTypes", ("Private", "Public"))
TIME_ZONES = listed("timeZoneSetup", "system/timeZoneSetups", ("Eastern", "Central", "Pacific"))
TAX_CODES = listed("taxCode", "finance/taxCodes", ("Exempt", "State 7 %"))
BILLING_TERMS = listed("billingTerms", "finance/billingTerms", ("Due on receipt", "Net 30"))
DELIVERIES = listed("delivery", "finance/deliveryMethods", ("Mail", "Email"))
ENTITY_TYPES = listed("entityType", "company/entityTypes", ("Corporation", "Partnership"))
CALENDARS = listed("calendar", "schedule/calendars", ("Business hours",))
TEMPLATES = listed("invoiceTemplate", "finance/invoiceTemplates", ("Standard",))
PRICINGS = listed("pricingSchedule", "procurement/pricingschedules", ("List price",))
COUNTRIES = identified("country", "company/countries", (("US", "United States"),))
COUNTRY = COUNTRIES[0]
STATES = identified(
    "state",
    "company/states",
    (
        *(("FL", "Florida"), ("TX", "Texas"), ("OH", "Ohio"), ("CO", "Colorado"), ("OR", "Oregon")),
        *(("NC", "North Carolina"), ("WI", "Wisconsin"), ("ID", "Idaho"), ("RI", "Rhode Island")),
        ("AZ", "Arizona"),
    ),
)
STATE_BY_CODE = {state["identifier"]: state for state in STATES}
CURRENCY: Row = {
    "id": 7,
    "symbol": "$",
    "currencyCode": "USD",
    "decimalSeparator": ".",
    "numberOfDecimals": 2,
    "thousandsSeparator": ",",
    "negativeParenthesesFlag": False,
    "displaySymbolFlag": True,
    "currencyIdentifier": "USD",
    "displayIdFlag": False,
    "rightAlign": False,
    "name": "US Dollar",
    "_info": {"currency_href": f"{API}/finance/currencies/7"},
}
EMAIL_TYPE, PHONE_TYPE = listed("type", "company/communicationTypes", ("Email", "Direct"))
CONFIGURATION_TYPES = listed(
    "type", "company/configurations/types", ("Workstation", "Server", "Firewall")
)
CONFIGURATION_STATUSES = listed("status", "company/configurations/statuses", ("Active", "Retired"))
MANUFACTURERS = listed("manufacturer", "procurement/manufacturers", ("Northfab", "Halden", "Orvia"))
BILLING_CYCLES = listed("billingCycle", "finance/billingCycles", ("Monthly", "Yearly"))
PROJECT_TYPES = listed("type", "project/projectTypes", ("Infrastructure", "Migration"))
PROJECT_STATUSES = listed("status", "project/statuses", ("Open", "On Hold", "Closed"))
PHASE_STATUSES = listed("status", "project/phaseStatuses", ("Open", "Closed"))
INVOICE_STATUSES = (
    *listed("status", "finance/billingStatuses", ("Open", "Sent"), isClosed=False),
    *listed("status", "finance/billingStatuses", ("Paid",), first=3, isClosed=True),
)
GROUPINGS = listed(
    "invoiceGrouping",
    "finance/invoiceGroupings",
    ("Licences",),
    description="All licences in one line",
    showPriceFlag=True,
    showSubItemsFlag=False,
    groupParentChildAdditionsFlag=False,
)
UNITS = listed("unitOfMeasure", "procurement/unitOfMeasures", ("Each", "Hour"))
WAREHOUSES = listed("warehouse", "procurement/warehouses", ("Main Warehouse",), lockedFlag=False)
WAREHOUSE_BINS = listed("warehouseBin", "procurement/warehouseBins", ("Shelf A",))
PRODUCT_TYPES = listed("type", "procurement/types", ("Hardware", "Software", "Service"))
PRODUCT_CATEGORIES = listed("category", "procurement/categories", ("Devices", "Licences"))
PRODUCT_SUBCATEGORIES = listed(
    "subCategory", "procurement/subcategories", ("Workstations", "Network", "Subscriptions")
)
SHIPMENTS = listed("shipmentMethod", "procurement/shipmentMethods", ("Ground", "Overnight"))
PURCHASE_STATUSES = listed(
    "status", "procurement/purchaseorderstatuses", ("New", "Sent to Vendor", "Received")
)
EXPENSE_TYPES = listed("type", "expense/types", ("Mileage", "Parking", "Meals"))
PAYMENT_METHODS = listed("paymentMethod", "expense/paymentTypes", ("Personal", "Company Card"))
CLASSIFICATIONS = listed("classification", "expense/classifications", ("Reimbursable", "Company"))
EXPENSE_TAX_TYPES = listed("type", "expense/taxTypes", ("State", "City"))
REMINDERS = listed("reminder", "schedule/reminderTimes", ("None", "15 minutes"))
SCHEDULE_STATUSES = listed("status", "schedule/statuses", ("Firm", "Tentative"))
SCHEDULE_SPANS = coded("span", "schedule/spans", ("N", "P"))
#: S: a service ticket, C: an activity.
SERVICE_SCHEDULE, ACTIVITY_SCHEDULE = coded("type", "schedule/types", ("S", "C"), first=4)
OPPORTUNITY_TYPES = listed("type", "sales/opportunities/types", ("Renewal", "New Business"))
OPPORTUNITY_STAGES = listed("stage", "sales/stages", ("1. Discovery", "2. Quote", "3. Closing"))
OPPORTUNITY_STATUSES = listed("status", "sales/opportunities/statuses", ("Open", "Won", "Lost"))
OPPORTUNITY_PRIORITIES = listed("priority", "sales/priorities", ("Hot", "Warm", "Cold"))
PROBABILITIES = listed("probability", "sales/probabilities", ("25", "50", "90"))
RATINGS = listed("rating", "sales/opportunities/ratings", ("A", "B"))
CAMPAIGNS = listed("campaign", "marketing/campaigns", ("Spring mailing",))
ACTIVITY_TYPES = listed("type", "sales/activities/types", ("Call", "Meeting", "Task"))
ACTIVITY_STATUSES = listed("status", "sales/activities/statuses", ("Open", "Closed"))
ORDER_STATUSES = listed("status", "sales/orders/statuses", ("New", "Shipped", "Closed"))

#: What a reference of a kind may be.
BY_REFERENCE: dict[str, tuple[Row, ...]] = {
    "ServiceSourceReference": SOURCES,
    "ServiceLocationReference": SERVICE_LOCATIONS,
    "SLAReference": SLAS,
    "ContactTypeReference": CONTACT_TYPES,
    "RelationshipReference": RELATIONSHIPS,
    "ContactDepartmentReference": CONTACT_DEPARTMENTS,
    "MarketDescriptionReference": MARKETS,
    "SicCodeReference": listed("sicCode", "company/sicCodes", ("7379 Computer Services",)),
    "OwnershipTypeReference": OWNERSHIPS,
    "TimeZoneSetupReference": TIME_ZONES,
    "TaxCodeReference": TAX_CODES,
    "BillingTermsReference": BILLING_TERMS,
    "BillingDeliveryReference": DELIVERIES,
    "EntityTypeReference": ENTITY_TYPES,
    "CalendarReference": CALENDARS,
    "InvoiceTemplateReference": TEMPLATES,
    "InvoiceTemplateDetailReference": TEMPLATES,
    "PricingScheduleReference": PRICINGS,
    "CountryReference": COUNTRIES,
    "StateReference": STATES,
    "CurrencyReference": (CURRENCY,),
    "CommunicationTypeReference": (EMAIL_TYPE, PHONE_TYPE),
    "DocumentReference": listed("document", "system/documents", ("logo.png",)),
    "ConfigurationTypeReference": CONFIGURATION_TYPES,
    "ConfigurationStatusReference": CONFIGURATION_STATUSES,
    "ManufacturerReference": MANUFACTURERS,
    "BillingCycleReference": BILLING_CYCLES,
    "ProjectTypeReference": PROJECT_TYPES,
    "ProjectStatusReference": PROJECT_STATUSES,
    "PhaseStatusReference": PHASE_STATUSES,
    "BillingStatusReference": INVOICE_STATUSES,
    "BillingSetupReference": listed("billingSetup", "finance/billingSetups", ("Main Office",)),
    "BatchReference": listed("batch", "finance/accounting/batches", ("2025-03",)),
    "InvoiceGroupingReference": GROUPINGS,
    "UnitOfMeasureReference": UNITS,
    "WarehouseReference": WAREHOUSES,
    "WarehouseBinReference": WAREHOUSE_BINS,
    "ProductTypeReference": PRODUCT_TYPES,
    "ProductCategoryReference": PRODUCT_CATEGORIES,
    "ProductSubCategoryReference": PRODUCT_SUBCATEGORIES,
    "ShipmentMethodReference": SHIPMENTS,
    "PurchaseOrderStatusReference": PURCHASE_STATUSES,
    "ExpenseTypeReference": EXPENSE_TYPES,
    "PaymentMethodReference": PAYMENT_METHODS,
    "ClassificationReference": CLASSIFICATIONS,
    "ExpenseReportReference": listed("expenseReport", "expense/reports", ("March 2025",)),
    "ReminderReference": REMINDERS,
    "ScheduleStatusReference": SCHEDULE_STATUSES,
    "ScheduleSpanReference": SCHEDULE_SPANS,
    "ScheduleTypeReference": (SERVICE_SCHEDULE, ACTIVITY_SCHEDULE),
    "OpportunityTypeReference": OPPORTUNITY_TYPES,
    "OpportunityStageReference": OPPORTUNITY_STAGES,
    "OpportunityStatusReference": OPPORTUNITY_STATUSES,
    "OpportunityPriorityReference": OPPORTUNITY_PRIORITIES,
    "OpportunityProbabilityReference": PROBABILITIES,
    "OpportunityRatingReference": RATINGS,
    "CampaignReference": CAMPAIGNS,
    "ActivityTypeReference": ACTIVITY_TYPES,
    "ActivityStatusReference": ACTIVITY_STATUSES,
    "OrderStatusReference": ORDER_STATUSES,
    "SecurityRoleReference": listed("securityRole", "system/securityroles", ("Service", "Admin")),
    "LdapConfigurationReference": listed(
        "ldapConfiguration", "system/ldapConfigurations", ("Head office",), server="ldap.example"
    ),
    "DirectionalSyncReference": listed("directionalSync", "system/directionalSyncs", ("Two-way",)),
    "MemberOffice365": ({"id": "o365-1", "name": "Calendar"},),
    "MemberSsoSettingsReference": (
        {
            "id": 1,
            "ssoUserId": "sso-1",
            "userName": "someone",
            "email": "someone@provider.example",
            "_info": {"ssoUser_href": f"{API}/system/ssoUsers/1"},
        },
    ),
    "ReportCardReference": listed("reportCard", "system/reportCards", ("Service",)),
    "MemberTypeReference": listed("type", "system/members/types", ("Employee", "Contractor")),
    "StructureReference": listed("structure", "system/structures", ("Company",)),
    "CorporateStructureLevelReference": listed("level", "system/levels", ("Location",)),
    "ServiceSignoffReference": listed("signoff", "service/serviceSignoff", ("Standard",)),
    "ServiceEmailTemplateReference": identified(
        "emailTemplate",
        "service/emailTemplates",
        (("New", "New ticket"), ("Closed", "Closed ticket")),
        type="Contact",
    ),
    "EmailTemplateReference": listed("emailTemplate", "system/emailTemplates", ("Invoice",)),
    "StatusIndicatorReference": identified(
        "statusIndicator", "service/statusIndicators", (("Green", "Green"), ("Red", "Red"))
    ),
    "TrackReference": listed("track", "company/tracks", ("Onboarding",)),
    "ServiceCodeReference": listed("code", "service/codes", ("Check",)),
}
