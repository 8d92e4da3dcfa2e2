using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Benchmarks.SyntheticTasks;

/// <summary>A question about one of the people in a context; of one in eight the context says nothing.</summary>
internal sealed class PeopleRow
{
    public string Context { get; set; } = "";

    public string Question { get; set; } = "";

    public string TrainingAnswer { get; set; } = "";

    public int AnswerIndex { get; set; }

    /// <summary>What the question asks for, wherever it stands.</summary>
    [NoColumn]
    public string[] Kind { get; set; } = [];
}

/// <summary>Where people live, what they do and what they own.</summary>
internal sealed class QuestionTask : SyntheticTask<PeopleRow>
{
    private static readonly string[] Names = ["Anna", "Boris", "Clara", "David", "Emma", "Felix", "Greta", "Hugo", "Irene", "Jonas"];

    private static readonly (string Question, string[] Sentences, string[] Values)[] Facts =
    [
        ("Where does {0} live?", ["{0} lives in {1}.", "The home of {0} is {1}."], ["London", "Paris", "Rome", "Madrid", "Vienna", "Oslo", "Prague", "Berlin"]),
        ("What is the work of {0}?", ["{0} works as a {1}.", "By trade {0} is a {1}."], ["teacher", "baker", "doctor", "farmer", "painter", "driver", "nurse", "lawyer"]),
        ("Which animal does {0} have?", ["{0} has a {1}.", "There is a {1} at the house of {0}."], ["dog", "cat", "horse", "parrot", "rabbit", "goat", "turtle", "hamster"]),
    ];

    public override string Name => "questions";

    public override string Figure => "exact answers";

    public override string BaselineName => "the first word of the kind";

    public override double Baseline(int rows, int testRows, int seed)
    {
        PeopleRow[] test = Test(testRows);
        return test.Average(row => row.Kind.Where(value => row.Context.Contains(value, StringComparison.Ordinal)).MinBy(value => row.Context.IndexOf(value, StringComparison.Ordinal)) == row.TrainingAnswer ? 1.0 : 0);
    }

    public override double Ceiling(int testRows) => 1;

    public override double FineTune(ModelSource backbone, FineTuneOptions options, int rows, int testRows, int seed)
    {
        var ml = new MLContext(seed);
        using var model = ml.MulticlassClassification.Trainers.FineTuneAnswersWithDispersion(backbone: backbone, options: options).Fit(ml.Data.LoadFromEnumerable(Rows(rows, seed)));
        return ml.EvaluateQuestionAnswering(model.Transform(ml.Data.LoadFromEnumerable(Test(testRows)))).All.Exact;
    }

    protected override PeopleRow[] Rows(int count, int seed)
    {
        const int People = 3;
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(row =>
        {
            string[] people = [.. Names];
            random.Shuffle(people);
            bool answered = random.Next(8) > 0;
            int asked = random.Next(Facts.Length);
            string subject = answered ? people[random.Next(People)] : people[People];
            var context = new System.Text.StringBuilder();
            (string Text, int Index) answer = ("", 0);
            (int Person, int Fact)[] said = [.. Enumerable.Range(0, People).SelectMany(person => Enumerable.Range(0, Facts.Length).Select(fact => (person, fact)))];
            random.Shuffle(said);
            foreach ((int person, int fact) in said)
            {
                string value = Pick(random, Facts[fact].Values), pattern = Pick(random, Facts[fact].Sentences), sentence = string.Format(System.Globalization.CultureInfo.InvariantCulture, pattern, people[person], value);
                context.Append(context.Length > 0 ? " " : "");
                if (fact == asked && people[person] == subject)
                {
                    answer = (value, context.Length + sentence.IndexOf(value, StringComparison.Ordinal));
                }

                context.Append(sentence);
            }

            return new PeopleRow
            {
                Context = context.ToString(),
                Question = string.Format(System.Globalization.CultureInfo.InvariantCulture, Facts[asked].Question, subject),
                TrainingAnswer = answer.Text,
                AnswerIndex = answer.Index,
                Kind = Facts[asked].Values,
            };
        })];
    }
}
