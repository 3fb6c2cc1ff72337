"""What is said of the number of people."""

from measurement.estimation.power import participants_needed, power_of, smallest_effect
from measurement.estimation.power_inputs import PowerInputs
from measurement.lead.power_words import outcome

HOPELESS = PowerInputs(design="parallel", participant_sd=3.0, task_sd=3.0)


def test_the_numbers_are_the_engines() -> None:
    inputs = PowerInputs(design="cluster")
    found = outcome(inputs, saving=0.1, people=None, unit="team")
    needed = participants_needed(inputs, time_ratio=0.9)
    assert found.people == needed
    assert found.sentences[0] == (
        f"You need about {needed:,} people in {needed // 10:,} teams to have an 80% chance of "
        "noticing a saving of 10%."
    )
    assert "would report a saving of about 7.3%" in found.sentences[1]
    assert found.chance == "an 80% chance"
    assert [row[0] for row in found.rows] == ["300", "600", "1,200", "2,400"]
    for people, words in found.rows:
        saving = 1 - smallest_effect(inputs, participants=int(people.replace(",", "")))
        assert words == f"{100 * saving:.1f}% or more".replace(".0%", "%")


def test_people_who_are_there() -> None:
    inputs = PowerInputs(design="crossover", uptake=1.0, adopters=1.0)
    found = outcome(inputs, saving=0.1, people=20, unit="participant")
    power = 100 * power_of(inputs, participants=20, time_ratio=0.9)
    assert found.people == 20
    assert f" {power:.0f}% chance of noticing a saving of 10%." in found.sentences[0]
    assert "You would need about" in found.sentences[2]
    assert found.sentences[3].startswith("“Noticing” means")
    assert "would report" not in found.sentences[3]


def test_what_no_number_of_people_finds() -> None:
    found = outcome(HOPELESS, saving=0.001, people=10, unit="participant")
    assert found.sentences[:3] == [
        "With 10 people the trial has an 8% chance of noticing a saving of 0.1%.",
        "It notices no saving, however large, often enough.",
        "No number of people is enough to notice a saving of 0.1%.",
    ]
    assert found.rows[0] == ("2", "None")
