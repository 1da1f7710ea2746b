"""Small messages of one patient, as two systems of a French hospital send them."""

IPP = "8001234"


def admission(control_id: str = "A-1", *, name: str = "MARTIN^ELOÏSE", number: str = IPP, event: str = "A01") -> bytes:
    """The patient is in bed 3 of ward CARDIO."""
    return (
        f"MSH|^~\\&|CPAGE|CHU|CF|CHU|20261124030000||ADT^{event}^ADT_A01|{control_id}|P|2.5|||||FRA|UNICODE UTF-8\r"
        f"EVN|{event}|20261124030000\r"
        f"PID|1||{number}^^^CHU&1.2.250.1.71.4.2.2&ISO^PI||{name}^^^^^L||19610412|F\r"
        f"PV1|1|I|CARDIO^112^3^CHU||||||||||||||||V{number}^^^CHU^VN|||||||||||||||||||||||||20261124030000\r"
    ).encode()


def potassium(control_id: str = "R-1", *, number: str = IPP, day: str = "20261124") -> bytes:
    """A critical potassium, of *day*: what is shown of the last hours alone must be of them."""
    return (
        f"MSH|^~\\&|LABO|CHU|CF|CHU|{day}040000||ORU^R01^ORU_R01|{control_id}|P|2.5|||||FRA|UNICODE UTF-8\r"
        f"PID|1||{number}^^^CHU&1.2.250.1.71.4.2.2&ISO^PI||MARTIN^ELOÏSE||19610412|F\r"
        f"PV1|1|I|CARDIO^112^3^CHU||||||||||||||||V{number}^^^CHU^VN\r"
        f"OBR|1|P1|F1|24326-1^Ionogramme^LN|||{day}033000\r"
        f"OBX|1|NM|2823-3^Potassium^LN||6.8|mmol/L|3.5-5.0|HH|||F|||{day}033000\r"
    ).encode()
