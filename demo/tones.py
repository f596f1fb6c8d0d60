"""How synthetic groups say what every listing says: when, at what price, how one gets in.

A group has one tone and keeps to it: some chat, some state, some hardly write at all.
"""

from __future__ import annotations

from typing import Final, Literal

Tone = Literal["warm", "plain", "formal", "terse"]
TONES: Final[tuple[Tone, ...]] = ("warm", "plain", "formal", "terse")
TONE_WEIGHTS: Final = (34, 34, 18, 14)

WHEN: Final[dict[Tone, tuple[str, ...]]] = {
    "warm": (
        "Come along {often}, {opens} till {closes}; you'll find us at {venue}.",
        "We're at {venue} {often} from {opens} to {closes}, and the kettle's on before that.",
        "{Often}, {opens} to {closes}. Look for {venue}.",
    ),
    "plain": (
        "{Often}, {opens} to {closes}, at {venue}.",
        "We meet {often} at {venue}, {opens} to {closes}.",
        "At {venue}, {often}, from {opens} until {closes}.",
    ),
    "formal": (
        "Sessions take place {often} between {opens} and {closes} at {venue}.",
        "The service is delivered at {venue} {often}, {opens} to {closes}.",
    ),
    "terse": ("{Often} {opens}-{closes}. {venue}.", "{venue}, {often}, {opens}-{closes}."),
}
PHONE_HOURS: Final = (
    "The phone is answered {often} from {opens} to {closes}.",
    "Ring between {opens} and {closes}, Monday to Friday.",
    "We are in the office {often}, {opens} to {closes}; leave a message otherwise.",
)
ONLINE: Final = (
    "It is all online, {often} at {opens}; the link comes the day before.",
    "By video, {often} from {opens}. Cameras may stay off.",
    "This one happens on a screen, {often}, {opens} to {closes}. We can test it with you first.",
)
ALSO_AT: Final = (
    "We are also at {venue}, {often} from {opens}.",
    "The same again at {venue}, {often}, {opens} to {closes}.",
    "And {often} at {venue}, {opens} to {closes}.",
)
ALSO_THEN: Final = ("Also {often}, {opens} to {closes}.", "And {often} from {opens}.")
SHELTERED: Final = "We tell you where when you ring."
FREE: Final = ("Free.", "It is free.", "There is no charge.", "It doesn't cost anything.", "")
DONATION: Final = (
    "There is a tin for donations.",
    "Free; put something in the pot if you can.",
    "We ask for a donation towards the room, but only if you have it.",
)
SESSION: Final = (
    "{price} a session, tea included.",
    "It costs {price} each time.",
    "{price} on the door. If that is a problem, say so and it isn't.",
    "The charge is {price} per session.",
)
SESSION_FIRM: Final = (
    "It costs {price} each time; we cannot do it for less.",
    "{price} a session, paid in advance.",
    "The charge is {price} per session. There are no concessions at present.",
)
COURSE: Final = (
    "{price} for the whole course, in instalments if you like.",
    "The course is {price}.",
)
HOUR: Final = ("{price} an hour.", "We charge {price} an hour, with no call-out fee.")
MILE: Final = ("You pay the driver {price} a mile from their door.", "{price} a mile.")
SLIDING: Final = (
    "You pay what you can, from {price} a session.",
    "From {price} a session, according to income.",
)
PRICES: Final = ("Everything has a price and most prices are small.", "Discount with a referral.")
STEP_FREE: Final = (
    "Step-free, with an accessible toilet.",
    "You can get a wheelchair in and turn it round.",
    "Level access throughout, and a hearing loop.",
    "Parking for blue badges right outside.",
)
RAMP: Final = (
    "There is a portable ramp; ring so that it is out.",
    "One step at the door and somebody to help with it.",
)
STEPS: Final = (
    "Sorry, we are up a flight of stairs and there is no lift.",
    "The room is on the first floor without a lift.",
    "There are steps up to the door and no way round them.",
)
WAIT: Final = (
    "At the moment there is a waiting list of about {weeks} weeks.",
    "Expect to wait {weeks} weeks or so.",
    "New people are waiting about {weeks} weeks.",
)
LIST_CLOSED: Final = (
    "Our waiting list is closed for now; please look again later.",
    "We are full and have closed the waiting list.",
)
AUGUST: Final = (
    "Closed in August.",
    "We take August off.",
    "No meetings in August, when the hall has its floor done.",
)
CLOSED_FOR_NOW: Final = (
    "Closed while the roof is mended.",
    "We have no leader at the moment. Could it be you?",
    "The hall has been sold; we are looking for another room.",
)
TURN_UP: Final = ("Just turn up.", "No need to book.", "Drop in.")
RING: Final = (
    "Please ring first.",
    "Places are limited, so give us a call.",
    "Book by phone or e-mail.",
)
REFERRED: Final = (
    "Your link worker, GP or nurse can refer you, or you can ring yourself.",
    "By referral from a practice or a link worker.",
    "Referrals from any professional, and from people themselves.",
)
WOMEN: Final = ("Women only.", "For women; the helpers are women too.")
MEN: Final = ("Men only.", "For men.")
AGES: Final = (
    "For people of {age} and over.",
    "From {age} upwards.",
    "You need to be {age} or older.",
)
BETWEEN: Final = ("For ages {age} to {oldest}.",)
SPOKEN: Final = (
    "{languages} spoken.",
    "Some of us speak {languages}.",
    "You can speak {languages} with us.",
)
SERVES: Final = (
    "For people living in {area}.",
    "We cover {area}.",
    "If you live in {area} you can come.",
    "Anyone from {area} is welcome.",
    "{area} only; that is who pays for it.",
)
BACKGROUND: Final = (
    "We began in {year} round a kitchen table.",
    "Run by volunteers, most of whom first came as members.",
    "We are a small charity with one part-time worker and a lot of goodwill.",
    "The group grew out of a sewing circle, though few of us can sew.",
    "We lost our grant in {year} and carried on anyway.",
    "The project works with the practices of {town} and the council.",
    "We are funded until March and hope for longer.",
    "About {number} people come in a usual week.",
    "Members choose what we do next.",
    "We have been going since {year} and outlived three roofs.",
    "Evaluation in {year} showed that nine in ten would recommend it to a friend.",
    "Our trustees all live within two miles of the door.",
    "Last year we helped {number} families.",
    "Three of us started in {year}; two still come.",
    "The council lends us the room and we look after the plants.",
    "We keep our costs low by having none.",
    "A volunteer with {number} years behind her still makes the rota.",
)
EXTRA: Final = (
    "If you have not been before, ask for {who}.",
    "{who} will say hello.",
    "Bus 4 stops outside.",
    "Parking is hard on market day.",
    "The entrance is round the back, past the bins.",
    "Assistance dogs welcome.",
    "If something about coming worries you, ring and we will sort it out.",
    "Wrap up, the heating has opinions.",
    "You can leave whenever you have had enough.",
    "We don't do forms.",
    "The door sticks. Push.",
    "There is a seat by the window for people who like to see the way out.",
    "Bring your own mug if you are particular.",
    "Somebody always has a phone charger.",
    "The toilets are on the same floor.",
    "If you use a text relay service, that works.",
    "We answer messages on the day we are here, so give it a week.",
    "Ground floor, blue door.",
    "Carers welcome, no extra charge.",
)
NAMES: Final = (
    "Bożena Wiśniewska", "Siân Prydderch", "Nkechi Okafor", "Pat O'Rourke", "Margaret Thwaite",
    "Iqbal Hussain", "Llŷr ap Gwilym", "Zofia Dąbrowska", "Delroy Campbell", "Jean-Paul Mbeki",
    "Amina Yusuf", "Trevor Ramsbottom", "Dympna Mac Giolla", "Harpreet Kaur", "Ioana Popescu",
    "Wendy Fairweather", "Ken Holroyd", "Angharad Bowen-Pugh", "Mohammed Al-Sayed", "Sue Clegg",
    "Hyacinth Brown", "Piotr Łukasiewicz", "Fatemeh Rahimi", "Colin Grimshaw", "Olwen Davies",
    "Blessing Adeyemi", "Geoff Entwistle", "Nasreen Begum", "Marie-Claire Dubois", "Tom Ó Briain",
)  # fmt: skip
TITLES: Final = (
    "Group leader", "Co-ordinator", "Secretary", "Volunteer organiser", "Project worker", "Chair",
    "Front desk",
)  # fmt: skip
ABOUT: Final = (
    "A small group in {town}, run by its members.",
    "A charity working in {town} since {year}.",
    "A community interest company. We put what we earn back into {town}.",
    "Neighbours from {hood} and round about. No paid staff, no office, one phone.",
    "We help people in {town} to help each other.",
    "A local voluntary organisation with {number} volunteers.",
    "Set up in {year} by people who could not find what they needed in {town}.",
    "Part of a church, open to everyone.",
)
ABOUT_ABROAD: Final = (
    "A charity with groups in several towns of Wayfordshire.",
    "A county-wide voluntary organisation, founded in {year}.",
    "A community interest company that works across Wayfordshire.",
)
FUNDERS: Final = (
    "A grant of Wayford Council", "Donations, a raffle and the jumble sale", "The practices of the network",
    "Members' subscriptions", "A grant-making trust, until March", "The hospital's charity",
    "Legacies", "A contract with the council",
)  # fmt: skip
