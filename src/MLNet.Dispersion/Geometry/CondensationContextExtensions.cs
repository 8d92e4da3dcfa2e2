using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>Measures condensation reports on the texts of ML.NET's data.</summary>
public static class CondensationContextExtensions
{
    /// <summary>Loads a pretrained model, measures how condensed it is on a column's texts, and frees it again.</summary>
    /// <param name="ml">The context: the outcome goes to <see cref="MLContext.Log"/>, and cancelling the context cancels measuring.</param>
    /// <param name="data">The data. Only the text column is read, row by row as texts are needed: with the default sampling no further than the first 100 that are long enough.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The model; null for <c>ModelSource.TinyEnglish</c>, <c>ModelSource.FromDirectory</c> for a checkpoint.</param>
    /// <param name="options">What to measure and on which device; null for the published sampling. Its progress is told about every text, its token is checked before each.</param>
    /// <returns>The report.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The text column is missing or not text; the message names it.</exception>
    /// <exception cref="ArgumentException">An option is outside its range, or there is no text of enough tokens.</exception>
    /// <exception cref="InvalidOperationException">A hidden state holds NaN or infinity: the message names layer and text (the row, from 0).</exception>
    /// <exception cref="ModelFileException">A file of the checkpoint is missing or damaged.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load, or the device is not available.</exception>
    /// <exception cref="OperationCanceledException">The options' token or the context was cancelled.</exception>
    public static CondensationReport MeasureCondensation(
        this MLContext ml,
        IDataView data,
        string textColumnName = "Text",
        ModelSource? backbone = null,
        CondensationReportOptions? options = null) =>
        Measure(ml, data, textColumnName, texts => CondensationReport.Measure(backbone ?? ModelSource.TinyEnglish, texts, options));

    /// <summary>Measures how condensed a fine-tuned model is on a column's texts.</summary>
    /// <param name="ml">The context: the outcome goes to <see cref="MLContext.Log"/>, and cancelling the context cancels measuring.</param>
    /// <param name="data">The data. Only the text column is read, row by row as texts are needed: with the default sampling no further than the first 100 that are long enough.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="fitted">A transformer that holds a language model of its own, as fine-tuning gives it, or a chain with exactly one in it or in a chain inside it. Measured where it
    /// is; it stays the caller's, and where it is disposed meanwhile its weights are freed at the end.</param>
    /// <param name="options">What to measure; null for the published sampling. Its progress is told about every text, its token is checked before each.</param>
    /// <returns>The report.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The text column is missing or not text; the message names it.</exception>
    /// <exception cref="ArgumentException">There is no fitted model, or more than one, in <paramref name="fitted"/>; an option is outside its range; or there is no text of enough tokens.</exception>
    /// <exception cref="InvalidOperationException">A hidden state holds NaN or infinity: the message names layer and text (the row, from 0).</exception>
    /// <exception cref="ObjectDisposedException">The fitted model was disposed.</exception>
    /// <exception cref="OperationCanceledException">The options' token or the context was cancelled.</exception>
    public static CondensationReport MeasureCondensation(
        this MLContext ml,
        IDataView data,
        string textColumnName,
        ITransformer fitted,
        CondensationReportOptions? options = null)
    {
        TextTransformer model = FittedModel.Find(fitted, nameof(fitted));
        CondensationReportOptions named = options?.Clone() ?? new CondensationReportOptions();
        named.ModelName ??= model.IsFineTuned ? $"{model.BackboneName}, fine-tuned" : model.BackboneName;
        return Measure(ml, data, textColumnName, texts => model.Measurable!.Use(languageModel => CondensationReport.Measure(languageModel, texts, named)));
    }

    private static CondensationReport Measure(MLContext ml, IDataView data, string textColumnName, Func<IEnumerable<string?>, CondensationReport> measure)
    {
        ArgumentNullException.ThrowIfNull(ml);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentException.ThrowIfNullOrWhiteSpace(textColumnName);
        IHost host = ((IHostEnvironment)ml).Register(nameof(MeasureCondensation));
        InputColumns.CheckText(host, SchemaShapes.Of(data.Schema), textColumnName);
        using IChannel channel = host.Start("Measuring");
        CondensationReport report = measure(TextColumn.Of(data, textColumnName, new HostCancellation(host)));
        channel.Info(MessageSensitivity.None, string.Create(
            CultureInfo.InvariantCulture,
            $"Measured {report.Model} on {report.Profile.Texts} texts of {report.Profile.Tokens} tokens: mean cosine {report.Profile.Layers[^1].MeanCosine:0.0000} in the last layer, trend {report.Profile.Trend.Spearman:+0.00;-0.00;0.00} (Spearman)."));
        return report;
    }
}
