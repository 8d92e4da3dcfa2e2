using System.CommandLine;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Tool;

/// <summary>Shows how condensed a model's token embeddings are, layer by layer.</summary>
internal sealed class DiagnoseVerb : IVerb
{
    private readonly Argument<string?> _model = new("model") { Description = $"The model. {ModelPlace.Description} Default: tiny-english.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string> _texts = new("--texts") { Description = "A text file, one text a line.", Required = true };
    private readonly Option<string?> _compare = Options.Text("--compare", "A second model, to set beside the first.");
    private readonly Option<string?> _html = Options.Text("--html", "Write a report with tables and pictures here.");
    private readonly Option<string?> _picture = Options.Text("--picture", "Write the heat map here, as .png or .svg.");
    private readonly Option<int?> _maxTexts = Options.Count("--max-texts", "The most texts. Default 100.");
    private readonly Option<int?> _maxTokens = Options.Count("--max-tokens", "The most tokens of a text. Default 512.");
    private readonly Option<bool> _byLayer = new("--layer-by-layer") { Description = "Read one layer's weights at a time, for models larger than memory." };
    private readonly Option<string?> _device = Options.Text("--device", "auto, cpu, cuda, cuda:1 or mps. Default auto.");

    /// <inheritdoc/>
    public Command Describe() => new("diagnose", "Shows how condensed a model's token embeddings are, layer by layer.") { _model, _texts, _compare, _html, _picture, _maxTexts, _maxTokens, _byLayer, _device };

    /// <inheritdoc/>
    public void Run(CommandContext context)
    {
        Action<string, CondensationPicture>? draw = Pictures.Writer(context.Get(_picture));
        OutputPlace.RequireFile(_html.Name, context.Get(_html));
        string[] texts = [.. TextFiles.Lines(context.Get(_texts)!)];
        List<CondensationReport> reports = [Measure(context, context.Get(_model), texts)];
        if (context.Get(_compare) is { } second)
        {
            reports.Add(Measure(context, second, texts));
        }

        if (context.Get(_html) is { } html)
        {
            HtmlReport.Write(html, new HtmlReportContent(reports));
            context.Tell($"Wrote the report: {html}");
        }

        if (context.Get(_picture) is { } picture)
        {
            draw!(picture, CondensationPlots.HeatMaps(reports));
            context.Tell($"Wrote the picture: {picture}");
        }

        context.Write(
            () => new JsonObject { ["reports"] = new JsonArray([.. reports.Select(report => JsonNode.Parse(report.ToJson()))]) },
            () => string.Join("\n", [.. reports.Select(report => report.ToString()), .. reports.Count == 2 ? new[] { reports[0].CompareTo(reports[1]).ToString() } : []]));
    }

    private CondensationReport Measure(CommandContext context, string? model, string[] texts)
    {
        ModelSource source = ModelPlace.Find(context, model);
        using ProgressLine progress = context.Progress();
        var options = new CondensationReportOptions
        {
            ModelName = source.Name,
            LayerByLayer = context.Get(_byLayer),
            Device = context.Get(_device) ?? "auto",
            Progress = progress,
            CancellationToken = context.Cancellation,
        };
        options.MaxTexts = context.Get(_maxTexts) ?? options.MaxTexts;
        options.MaxTokens = context.Get(_maxTokens) ?? options.MaxTokens;
        return CondensationReport.Measure(source, texts, options);
    }
}
