using System.Globalization;
using System.Text;

namespace MLNet.Dispersion.Examples.PretrainTinyEnglish;

/// <summary>What made the checkpoint: command, data, figures before and after.</summary>
internal sealed class TrainingCard(
    Recipe recipe,
    PretrainedLanguageModel model,
    FineTuneResult result,
    Measurement before,
    Measurement after,
    IReadOnlyList<Book> training,
    IReadOnlyList<Book> heldOut,
    int heldOutBlocks)
{
    /// <summary>The card as Markdown.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.AppendLine("# TinyEnglish: how this checkpoint was made").AppendLine();
        text.AppendLine("Written by the command itself:").AppendLine();
        text.AppendLine(Invariant($"    dotnet run -c Release --project examples/PretrainTinyEnglish -- --books books.jsonl.gz --out src/MLNet.Dispersion.TinyEnglish/checkpoint --steps {recipe.Steps} --coefficient {recipe.Coefficient} --seed {recipe.Seed}")).AppendLine();
        AppendRun(text);
        AppendFigures(text);
        AppendBooks(text);
        return text.ToString();
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private void AppendRun(StringBuilder text)
    {
        var info = model.Backbone.Info;
        long parameters = model.Backbone.parameters().Sum(parameter => parameter.numel());
        text.AppendLine(Invariant($"- Date: {DateTime.UtcNow:yyyy-MM-dd}"));
        text.AppendLine(Invariant($"- Network: {info.ModelType}, {info.LayerCount} layers, {info.HiddenSize} features, vocabulary {info.VocabularySize}, context {info.ContextLength}, {parameters / 1e6:0.00} M parameters, stored as F16"));
        text.AppendLine(Invariant($"- Training: {result.Steps} steps of {Recipe.BlocksPerStep} blocks ({result.TrainedTokens / 1e6:0.0} M tokens) in {result.Elapsed.TotalMinutes:0} minutes, products in {result.ComputeType}, peak learning rate {result.LearningRate}, seed {recipe.Seed}"));
        text.AppendLine(Invariant($"- Dispersion: angular spread on all layers, coefficient {recipe.Coefficient}, clamp 0.1, 256 of the 512 positions a layer")).AppendLine();
    }

    private void AppendFigures(StringBuilder text)
    {
        text.AppendLine(Invariant($"Measured on the held-out books ({heldOutBlocks} blocks; condensation on the first {after.Condensation.Texts} of them):")).AppendLine();
        text.AppendLine("| | random weights | trained |").AppendLine("|---|---:|---:|");
        text.AppendLine(Invariant($"| token perplexity | {before.TokenPerplexity:0.0} | {after.TokenPerplexity:0.0} |"));
        text.AppendLine(Invariant($"| condensation trend (Spearman's rho) | {before.Condensation.Trend.Spearman:0.00} | {after.Condensation.Trend.Spearman:0.00} |"));
        for (int i = 0; i < after.Condensation.Layers.Count; i++)
        {
            text.AppendLine(Invariant($"| mean cosine, hidden state {i} | {before.Condensation.Layers[i].MeanCosine:0.000} | {after.Condensation.Layers[i].MeanCosine:0.000} |"));
        }

        text.AppendLine();
    }

    private void AppendBooks(StringBuilder text)
    {
        text.AppendLine("Data: English public-domain books (published by 1925; Project Gutenberg through GITenberg, and the collection \"100 English Novels\").").AppendLine();
        text.AppendLine("Held out: " + string.Join("; ", heldOut.Select(Describe)) + ".").AppendLine();
        text.AppendLine("Trained on: " + string.Join("; ", training.Select(Describe)) + ".");
    }

    private static string Describe(Book book) => $"{book.Title} ({book.Author})";
}
