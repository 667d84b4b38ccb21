"""What made-up people, firms and tickets are called."""

FIRST_NAMES = (
    *("Aaron", "Adele", "Amina", "Andrés", "Anna", "Ben", "Bianca", "Carla", "Chen", "Chloé"),
    *("Daniel", "Deepa", "Dmitri", "Elena", "Emeka", "Eva", "Farid", "Fiona", "Grace", "Hana"),
    *("Henrik", "Ines", "Ivan", "Jamal", "Jana", "José", "Kaito", "Karen", "Lars", "Leila"),
    *("Liam", "Lucía", "Marco", "Maya", "Mei", "Mohammed", "Nadia", "Nils", "Noor", "Oksana"),
    *("Olivia", "Omar", "Paul", "Petra", "Priya", "Quentin", "Rachel", "Ravi", "Rosa", "Ruth"),
    *("Samir", "Sara", "Sean", "Sofia", "Tariq", "Tess", "Tomás", "Uma", "Vera", "Victor"),
    *("Wanda", "Wei", "Xenia", "Yara", "Yusuf", "Zoë"),
)
LAST_NAMES = (
    *("Abbott", "Ahmed", "Almeida", "Baker", "Banerjee", "Berg", "Brooks", "Calder", "Castillo"),
    *("Clarke", "Cohen", "Dahl", "Davies", "Dubois", "Eriksen", "Farrell", "Fischer", "Flores"),
    *("Gallagher", "García", "Grant", "Hansen", "Haynes", "Hoffmann", "Ibrahim", "Ito", "Jensen"),
    *("Johnson", "Kaplan", "Khan", "Kowalski", "Lambert", "Larsen", "Lee", "Lindqvist", "Lopez"),
    *("Marsh", "Mbeki", "Meyer", "Moreau", "Müller", "Nakamura", "Nguyen", "Novak", "O'Brien"),
    *("Okafor", "Olsen", "Park", "Patel", "Petrov", "Quinn", "Ramos", "Reid", "Rossi", "Santos"),
    *("Schmidt", "Shah", "Silva", "Singh", "Stone", "Tanaka", "Torres", "Ueda", "Vance", "Walsh"),
    *("Weber", "Wong", "Young", "Zhang", "Zimmer"),
)

FIRM_PLACES = (
    *("Alder", "Bayside", "Blue Ridge", "Bright Harbor", "Canyon", "Cedar", "Copper Hill"),
    *("Crescent", "Delta", "Eastgate", "Evergreen", "Falcon", "Foxglove", "Granite", "Greenfield"),
    *("Highland", "Ironwood", "Juniper", "Kestrel", "Lakeview", "Lighthouse", "Maple", "Meridian"),
    *("Millbrook", "Northstar", "Oakhurst", "Orchard", "Pinecrest", "Prairie", "Quarry", "Redwood"),
    *("Riverside", "Sable", "Seaview", "Silver Lake", "Stonebridge", "Summit", "Tamarack"),
    *("Thornton", "Union", "Valley", "Westfield", "Willow", "Windmill", "Yarrow"),
)
FIRM_TRADES = (
    *("Accounting", "Architects", "Brewing", "Builders", "Clinic", "Dental", "Design", "Electric"),
    *("Engineering", "Farms", "Foods", "Freight", "Insurance", "Law", "Logistics", "Machining"),
    *("Medical", "Partners", "Pharmacy", "Plastics", "Printing", "Realty", "Schools", "Supply"),
    *("Textiles", "Veterinary", "Wealth"),
)
FIRM_FORMS = ("", " Inc", " LLC", " Group", " & Co", " Ltd")

STREETS = (
    *("Main St", "Oak Ave", "Market St", "Elm St", "Harbor Rd", "Industrial Pkwy", "Park Blvd"),
    *("Commerce Dr", "2nd Ave", "Mill Ln", "Station Rd", "Lakeshore Dr"),
)
#: City, state, first three digits of the postcode.
CITIES = (
    ("Tampa", "FL", "336"),
    ("Austin", "TX", "787"),
    ("Columbus", "OH", "432"),
    ("Denver", "CO", "802"),
    ("Portland", "OR", "972"),
    ("Raleigh", "NC", "276"),
    ("Madison", "WI", "537"),
    ("Boise", "ID", "837"),
    ("Providence", "RI", "029"),
    ("Tucson", "AZ", "857"),
)
TITLES = (
    *("Office Manager", "Controller", "Owner", "IT Coordinator", "Receptionist", "Engineer"),
    *("Operations Lead", "Sales Manager", "Nurse", "Partner", "Warehouse Lead", "HR Generalist"),
)
RESIDES = ("2nd floor", "Reception", "Warehouse", "Remote", "Building B", "Head office")

MADE_UP_SECRETS = tuple(f"made-up-{number:010x}" for number in (0x5F1E0A77C3, 0xB40C6D21E9))

WORK_DONE = (
    "Called the user, reproduced the fault and collected logs.",
    "Restarted the service and confirmed that it stays up.",
    "Applied the pending updates, rebooted, tested with the user.",
    "Remote session: cleared cached credentials, signed in again.",
    "Opened a case with the vendor; waiting for their answer.",
    "Replaced the part on site. Old one goes back under warranty.",
    "Left a voicemail; will try again tomorrow morning.",
    "Checked backups and event log: nothing new since the change.",
    "Walked the user through the steps, they are happy to close.",
    "Documented the fix in the knowledge base.",
)
INTERNAL_NOTES = (
    "Bill under the agreement.",
    "Needs a quote for a replacement.",
    "Third time this quarter, talk to the account manager.",
    "Password is in the vault.",
)

#: Board, its team, then its kinds of work: type, subtype, item, and what people write about it.
BOARDS = (
    (
        "Service Desk",
        "Help Desk Team",
        (
            ("Email", "Outlook", "Password prompt", "Outlook keeps asking for a password"),
            ("Email", "Delivery", "Bounced", "Mail to a supplier bounces back"),
            ("Workstation", "Slow", "Memory", "Laptop is very slow after the update"),
            ("Workstation", "Display", "Second screen", "Second monitor is not detected"),
            ("Printer", "Queue", "Stuck", "Print jobs stay in the queue"),
            ("Printer", "Hardware", "Jam", "Paper jam that keeps coming back"),
            ("User Account", "New user", "Onboarding", "New starter needs an account"),
            ("User Account", "Locked", "Unlock", "Account locked out again"),
            ("Software", "Install", "Licence", "Please install accounting software"),
        ),
    ),
    (
        "Network",
        "Infrastructure Team",
        (
            ("Internet", "Outage", "Line down", "Internet is down at the branch"),
            ("Internet", "Slow", "Bandwidth", "Video calls stutter in the afternoon"),
            ("Firewall", "Rule", "Change", "Open a port for the new phone system"),
            ("Wi-Fi", "Coverage", "Access point", "No Wi-Fi in the meeting room"),
            ("VPN", "Connect", "Client", "VPN drops every few minutes"),
        ),
    ),
    (
        "Monitoring",
        "NOC Team",
        (
            ("Alert", "Disk", "Low space", "Disk C: below 10 % free"),
            ("Alert", "Backup", "Failed", "Nightly backup failed"),
            ("Alert", "Service", "Stopped", "Service stopped unexpectedly"),
            ("Alert", "Patch", "Missing", "Critical patches missing"),
        ),
    ),
    (
        "Onsite",
        "Field Team",
        (
            ("Hardware", "Replace", "Drive", "Replace failed drive in the server"),
            ("Hardware", "Move", "Desk", "Move four desks to the first floor"),
            ("Cabling", "New run", "Cat6", "Two new network points at reception"),
        ),
    ),
)
#: As one of `BOARDS`: where the tickets of projects lie.
PROJECT_BOARD = (
    "Projects",
    "Project Team",
    (
        ("Task", "Planning", "Survey", "Survey the site and list what is there"),
        ("Task", "Build", "Server", "Install and configure the new server"),
        ("Task", "Build", "Switches", "Rack and label the switches"),
        ("Task", "Migrate", "Mailboxes", "Move mailboxes in three batches"),
        ("Task", "Handover", "Training", "Train the users, hand over the documents"),
    ),
)

DEALS = ("Server refresh", "Managed firewall", "Laptop rollout", "Cloud backup", "Phone system")
PROJECTS = (
    "Office move",
    "Server migration",
    "Network refresh",
    "Cloud migration",
    "Wi-Fi rollout",
)
PHASES = ("Planning", "Build", "Migration", "Handover", "Review")

#: Identifier, class, and price of what the provider sells.
GOODS = (
    ("LAPTOP-14", "Inventory", 1190.0),
    ("LAPTOP-16", "Inventory", 1590.0),
    ("DOCK-USB-C", "Inventory", 189.0),
    ("MONITOR-27", "Inventory", 279.0),
    ("SWITCH-24", "Inventory", 640.0),
    ("ACCESS-POINT", "Inventory", 220.0),
    ("FIREWALL-S", "Inventory", 880.0),
    ("TONER-BLACK", "NonInventory", 74.5),
    ("CABLE-CAT6-5M", "NonInventory", 6.9),
    ("OFFICE-SEAT", "Agreement", 12.5),
    ("BACKUP-SEAT", "Agreement", 8.0),
    ("ANTIVIRUS-SEAT", "Agreement", 3.2),
    ("SERVER-CARE", "Agreement", 95.0),
    ("ONSITE-HOUR", "Service", 125.0),
    ("ONBOARDING-KIT", "Bundle", 349.0),
)

#: What customers write on their tickets.
NOTES = (
    "It started this morning, right after the update.",
    "Same problem as last week, can somebody call me?",
    "Thanks, that works now.",
    "Any news on this? Two of us cannot work.",
    "I am out until Thursday, please ask at the reception.",
    "Screenshot is attached to the mail.",
)
