using System.Globalization;
using System.Text;

namespace MLNet.Dispersion.Examples.DistilTinySentences;

/// <summary>What made the checkpoint.</summary>
internal static class TrainingCard
{
    /// <summary>The card as Markdown.</summary>
    public static string Write(Recipe recipe, PretrainedLanguageModel model, IReadOnlyDictionary<string, int> sources, double before, double after, double kept, long tokens, TimeSpan elapsed, bool excluded)
    {
        BackboneInfo info = model.Backbone.Info;
        var text = new StringBuilder();
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
        Line($"# TinySentences: how this checkpoint was made");
        Line($"");
        Line($"Written by the command itself:");
        Line($"");
        Line($"    {Command(recipe, excluded)}");
        Line($"");
        Line($"- Date: {DateTime.UtcNow:yyyy-MM-dd}");
        Line($"- Network: {info.ModelType}, {info.LayerCount} layers, {info.HiddenSize} features, vocabulary {info.VocabularySize}, context {info.ContextLength}, {model.Backbone.parameters().Sum(parameter => parameter.numel()) / 1e6:0.00} M parameters, stored as F16");
        Line($"- Teacher: sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0): its vocabulary, and its tokens' last states in their {info.HiddenSize} strongest directions ({kept:P1} of their squared norm), which are learnt; none of its weights");
        Line($"- Training: {Steps(recipe, tokens)}, {elapsed.TotalMinutes:0} minutes with the teacher's reading, seed {recipe.Seed}; {Loss(recipe)}");
        Line($"- Cosine between its vector of a text and the teacher's (in those directions), {recipe.HeldOut:N0} held-out texts: {before:0.0000} before, {after:0.0000} after");
        Line($"");
        Line($"Texts: {string.Join(", ", sources.Select(source => string.Create(CultureInfo.InvariantCulture, $"{source.Value:N0} {source.Key}")))}. Books are English and in the public domain (published by 1925); the grammar is examples/DistilTinySentences/grammar.txt; words at random are of the vocabulary. {(excluded ? "Texts that have the letters and digits of a line or field of the data that the model is measured on were left out." : "")}");
        return text.ToString();
    }

    /// <summary>What a training from a checkpoint on adds to the card, as Markdown.</summary>
    public static string WriteMore(Recipe recipe, double before, double after, long tokens, bool excluded) => string.Create(CultureInfo.InvariantCulture, $"""

        Then trained on from there, on the same texts, with more weight on the text's mean:

            {Command(recipe, excluded, " --from src/MLNet.Dispersion.TinySentences/checkpoint")}

        - Date: {DateTime.UtcNow:yyyy-MM-dd}
        - Training: {Steps(recipe, tokens)}; {Loss(recipe)}
        - Cosine as above: {before:0.0000} before, {after:0.0000} after

        """);

    /// <summary>The command, with what was given otherwise than usual.</summary>
    private static string Command(Recipe recipe, bool excluded, string from = "")
    {
        string weight = recipe.TextWeight == Recipe.UsualTextWeight ? "" : FormattableString.Invariant($" --text-weight {recipe.TextWeight}");
        string rate = recipe.LearningRate == Recipe.UsualLearningRate ? "" : FormattableString.Invariant($" --rate {recipe.LearningRate}");
        return FormattableString.Invariant($"dotnet run -c Release --project examples/DistilTinySentences -- --teacher FOLDER/all-minilm-l6-v2 --books books.jsonl.gz {(excluded ? "--exclude DATA " : "")}--out src/MLNet.Dispersion.TinySentences/checkpoint --sentences {recipe.Sentences} --steps {recipe.Steps} --seed {recipe.Seed}{from}{weight}{rate}");
    }

    private static string Steps(Recipe recipe, long tokens) => FormattableString.Invariant($"{recipe.Steps} steps of about {Recipe.TokensPerStep} tokens out of {tokens / 1e6:0.00} M");

    private static string Loss(Recipe recipe) => FormattableString.Invariant($"squared errors of tokens and {recipe.TextWeight} x (1 - cosine) of the text's mean");
}
