namespace MLNet.Dispersion.Examples.PaperInMiniature;

/// <summary>
/// Little stories by a grammar, for those who bring no text: who does what where, with names and things that come back later in the story, so that
/// a model gains by looking far back.
/// </summary>
internal static class StoryGrammar
{
    private static readonly string[] Names = ["Mara", "Tobias", "Ines", "Jonas", "Petra", "Leon", "Nadia", "Oskar", "Ruth", "Emil", "Clara", "Anton", "Selma", "Hugo", "Greta", "Felix"];
    private static readonly string[] Trades = ["baker", "miller", "sailor", "teacher", "gardener", "painter", "doctor", "shepherd", "carpenter", "clockmaker", "fisher", "weaver"];
    private static readonly string[] Places = ["the old bridge", "the market", "the harbour", "the mill", "the school", "the orchard", "the lighthouse", "the forest", "the station", "the library", "the well", "the hill"];
    private static readonly string[] Things = ["key", "letter", "lantern", "basket", "ring", "map", "coin", "book", "violin", "blanket", "compass", "cup", "bell", "knife", "hat", "box"];
    private static readonly string[] Qualities = ["small", "heavy", "broken", "golden", "strange", "forgotten", "wooden", "bright", "plain", "silver", "dusty", "warm"];
    private static readonly string[] Weathers = ["It rained all morning.", "The sun stood high.", "Snow lay on the roofs.", "The wind came from the sea.", "Fog hid the valley.", "It was a quiet evening.", "The night was cold and clear."];
    private static readonly string[] Feelings = ["glad", "tired", "angry", "curious", "afraid", "proud", "lonely", "hopeful"];
    private static readonly string[] Searches = ["looked for", "asked about", "dreamt of", "had lost", "wanted to sell", "had promised to bring back"];

    /// <summary>So many stories; the same for the same seed.</summary>
    public static IReadOnlyList<string> Stories(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Story(random))];
    }

    private static string Story(Random random)
    {
        T Any<T>(T[] from) => from[random.Next(from.Length)];
        string[] people = [.. Names.OrderBy(_ => random.Next()).Take(2)];
        var (hero, friend) = (people[0], people[1]);
        string trade = Any(Trades);
        string thing = $"{Any(Qualities)} {Any(Things)}";
        string[] places = [.. Places.OrderBy(_ => random.Next()).Take(3)];
        string feeling = Any(Feelings);
        var sentences = new List<string>
        {
            $"{hero} was a {trade} who lived near {places[0]}.",
            Any(Weathers),
            $"{hero} {Any(Searches)} a {thing}.",
            $"So {hero} went to {places[1]} and met {friend}.",
            $"\"Have you seen a {thing}?\" asked the {trade}.",
        };
        if (random.Next(2) == 0)
        {
            sentences.Add($"{friend} was {feeling} and said that the {thing} lay at {places[2]}.");
            sentences.Add($"They walked together from {places[1]} to {places[2]}.");
        }
        else
        {
            sentences.Add($"\"No,\" said {friend}, \"but there was a {trade} at {places[2]} who knew of it.\"");
            sentences.Add($"{hero} thanked {friend} and went on to {places[2]} alone.");
        }

        sentences.Add(Any(Weathers));
        int found = random.Next(3);
        sentences.Add(found == 0 ? $"There, under a stone, was the {thing}." : found == 1 ? $"But the {thing} was not there." : $"A child of {places[2]} had found the {thing} and gave it to {hero}.");
        sentences.Add(found == 1 ? $"{hero} the {trade} came home to {places[0]} without the {thing.Split(' ')[1]}." : $"{hero} the {trade} carried the {thing.Split(' ')[1]} home to {places[0]}.");
        sentences.Add($"From that day on {hero} and {friend} were {(found == 1 ? "strangers" : "friends")}.");
        return string.Join(' ', sentences);
    }
}
