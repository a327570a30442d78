"""What the invented students write: paragraphs of sentences in order, and for each sentence some ways to say it."""

from __future__ import annotations

TASKS: dict[str, dict[str, str]] = {
    "library": {
        "titles": (
            "The library should stay open|"
            "Open the doors after four|"
            "A quiet room for everyone|"
            "Why we need the library at night|"
            "Books, lamps and long evenings"
        ),
        "claim": "our school library should stay open until eight in the evening",
        "thing": "the library",
        "place": "in the library",
        "use": "study after the last lesson",
        "cost": "keep the lights on and pay one more member of staff",
        "gain": "a calm place to work",
        "worry": "the rooms would stand empty most evenings",
        "answer": "a trial of one term would show how many really come",
    },
    "phones": {
        "titles": (
            "Leave the phones in the bag|"
            "Who is afraid of a telephone?|"
            "Forty minutes without a screen|"
            "Let us decide ourselves|"
            "Phones at school"
        ),
        "claim": "pupils should be trusted to keep their phones during lessons",
        "thing": "a phone",
        "place": "in the classroom",
        "use": "look up a word or photograph the board",
        "cost": "agree on some rules and hold on to them",
        "gain": "a tool that is always at hand",
        "worry": "nobody would listen any more",
        "answer": "a class that makes its own rules usually keeps them",
    },
}
"""The words of each task that the sentences leave room for."""

_OPENING = (
    (
        "Every afternoon at four the same thing happens at our school.",
        "There is a question that comes back in the student council every year.",
        "Last week I asked ten people in the canteen what they would change at this school.",
        "When I started here I was told that this school listens to its pupils.",
        "Some rules are so old that nobody remembers who made them.",
    ),
    (
        "People talk about {thing} as if it were a small matter, but for many of us it decides how the week turns out.",
        "The answers were about food, about the timetable and, more often than anything else, about {thing}.",
        "What we do about {thing} says something about how adults look upon us.",
        "It may sound like a detail, yet {thing} is what most of my friends complain about.",
    ),
    (
        "In this text I will argue that {claim}.",
        "My opinion is simple: {claim}.",
        "I am convinced that {claim}, and I will give three reasons for it.",
        "After thinking about it for a long time I have come to believe that {claim}.",
    ),
    (
        "I will also try to answer those who think the opposite.",
        "I know that not everybody agrees, so I will begin with what we have in common.",
        "Let me explain why this is neither expensive nor difficult.",
    ),
)
_FIRST = (
    (
        "The first reason is that we do not all live under the same conditions.",
        "To begin with, it is a question of fairness.",
        "Firstly, we should look at how different our homes are.",
        "The most important argument is about equal chances.",
    ),
    (
        "Some of us have a room with a door and a desk, others share a kitchen table with two younger brothers.",
        "It is easy to say that you can do it at home if your home is quiet.",
        "A pupil who takes the bus for an hour has much less time than one who lives around the corner.",
        "Not everybody has parents who can explain a difficult word in English.",
    ),
    (
        "For them {gain} is not a luxury but a condition.",
        "What they need is {gain}, and they need it now, not next year.",
        "If the school can give them {gain}, it should do so.",
    ),
    (
        "I have seen it {place} myself: people help each other when nobody tells them to.",
        "A survey in the local newspaper showed that six pupils out of ten would use the chance to {use}.",
        "When our class tried it for two weeks, even those who had laughed at the idea began to {use}.",
        "In my old school it was possible to {use}, and nobody thought it was strange.",
    ),
)
_SECOND = (
    (
        "Secondly, trust is something you learn by being trusted.",
        "Another argument has to do with responsibility.",
        "My second point is that we are going to be adults soon.",
        "Furthermore, school is supposed to prepare us for life afterwards.",
    ),
    (
        "In a few years nobody will tell us when to begin and when to stop.",
        "At university nobody checks whether you are working or not.",
        "My sister, who studies engineering, says that planning her own time was the hardest thing of all.",
        "A job is not divided into lessons with a bell in between.",
    ),
    (
        "If we are never allowed to make our own choices {place}, we will make them badly when it matters.",
        "Being allowed to {use} would be a good way to practise that.",
        "That is why it is better to learn it here, where a mistake costs a bad mark and not a job.",
    ),
    (
        "Of course somebody will misuse it, but somebody always does.",
        "Rules that treat everyone as a cheater turn people into cheaters.",
        "Most of us behave much better than adults expect.",
        "I would rather be disappointed once than be watched every day.",
    ),
)
_PERSONAL = (
    (
        "I remember one evening in November especially well.",
        "An example from my own life may show what I mean.",
        "Let me tell you about what happened before the last test.",
        "This autumn I found out for myself how much it matters.",
    ),
    (
        "It was raining, my laptop had stopped working and the essay was due the next morning.",
        "I had promised to hand in a text, and everything that could go wrong did.",
        "Three of us were going to prepare a presentation, and we had nowhere to go.",
        "I was behind in two subjects and did not know where to start.",
    ),
    (
        "All I needed was a chance to {use}, and that was exactly what I was not allowed to do.",
        "If I had been able to {use}, it would have taken me an hour.",
        "In the end a teacher made an exception for us, and we finished before supper.",
    ),
    (
        "It sounds like nothing, but I still remember how it felt.",
        "Since that day I have stopped thinking of {thing} as a small matter.",
        "I do not think I am the only one who could tell a story like that.",
    ),
)
_COUNTER = (
    (
        "Those who are against the idea usually say that {worry}.",
        "A common objection is that {worry}.",
        "Some teachers fear that {worry}.",
        "I can understand people who are afraid that {worry}.",
    ),
    (
        "That may be true in the beginning.",
        "I do not think that the fear is without ground.",
        "It is a serious argument and it deserves an answer.",
        "They have a point, although I think they are too pessimistic.",
    ),
    (
        "However, {answer}.",
        "On the other hand, {answer}.",
        "But instead of guessing we could find out: {answer}.",
    ),
    (
        "It would not even be expensive to {cost}.",
        "All that is needed is to {cost}.",
        "The school would only have to {cost}, which is less than a new sign on the wall.",
    ),
)
_CLOSING = (
    (
        "To sum up, there are good reasons to change the rule.",
        "In conclusion, I have tried to show that this is about more than comfort.",
        "All things considered, the choice is not hard.",
        "So what should the head teacher do?",
    ),
    (
        "It is fair, it teaches us something and it costs very little.",
        "It would give us {gain} and show that the school means what it says.",
        "We would learn more, argue less and feel a little more at home.",
    ),
    (
        "That is why I believe that {claim}.",
        "I hope that I have convinced you that {claim}.",
        "Let us begin next term, because {claim}.",
    ),
    (
        "The only thing we risk is that it works.",
        "What are we waiting for?",
        "Somebody has to be the first to try, and it might as well be us.",
        "Future pupils will wonder why it took so long.",
    ),
)

PARTS = (_OPENING, _FIRST, _SECOND, _PERSONAL, _COUNTER, _CLOSING)
