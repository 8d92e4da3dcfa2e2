using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using MLNet.Dispersion.Onnx;

namespace MLNet.Dispersion;

/// <summary>Writes models as ONNX files, for ONNX Runtime and what is built on it: with the tokenizer and config.json beside them, as other programs look for them.</summary>
/// <remarks>
/// Inputs are <c>input_ids</c> and <c>attention_mask</c> (1 for real tokens, 0 for pads on either side), of BERT's families <c>token_type_ids</c>; int64, of any number of texts and tokens. Positions are counted from the mask.
/// A low-rank adapter is merged into the weights of the file; the model stays as it is. Opset 18, operators of ONNX's own alone. Thread-safe where nobody changes the model meanwhile.
/// </remarks>
public static class OnnxModels
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a language model, an encoder, or either with a task's head.</summary>
    /// <param name="model">The model; stays the caller's.</param>
    /// <param name="path">The file's path, such as <c>out/model.onnx</c>. A folder that does not exist yet appears whole or not at all; in one that exists each file is replaced whole.</param>
    /// <param name="options">What the file computes, and how weights are stored; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or does not go with the model; or a weight is beyond the range of float16.</exception>
    /// <exception cref="NotSupportedException">No graph is known for a part of the model; the message names it.</exception>
    /// <exception cref="ModelFileException">The files cannot be written.</exception>
    public static void SaveOnnx(this PretrainedLanguageModel model, string path, OnnxSaveOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        options = OnnxPlan.For(model, options);
        GraphBuilder graph = Refusing(model.Name, () => ModelGraph.Of(model, options));
        Write(path, graph, Facts(model, options.Content!.Value), options, model.SaveWithoutWeights);
    }

    /// <summary>Writes the ONNX file of a language model or an encoder alone, without tokenizer and config.json, to any place, such as memory.</summary>
    /// <param name="model">The model; stays the caller's.</param>
    /// <param name="sink">Where to.</param>
    /// <param name="fileName">The file's plain name. Where there are more weights than <see cref="OnnxSaveOptions.MaxFileBytes"/>, a second file is written first, named so with <c>_data</c> behind it.</param>
    /// <param name="options">What the file computes, and how weights are stored; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or does not go with the model; or a weight is beyond the range of float16.</exception>
    /// <exception cref="NotSupportedException">No graph is known for a part of the model; the message names it.</exception>
    public static void WriteOnnx(this PretrainedLanguageModel model, FileSink sink, string fileName, OnnxSaveOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(sink);
        ArgumentException.ThrowIfNullOrWhiteSpace(fileName);
        options = OnnxPlan.For(model, options);
        GraphBuilder graph = Refusing(model.Name, () => ModelGraph.Of(model, options));
        OnnxFile.Write(sink, fileName, graph, Facts(model, options.Content!.Value), options.MaxFileBytes);
    }

    /// <summary>
    /// Writes a fine-tuned model of whole texts: of a classifier, ranker or regressor <c>logits</c>, of a regressor its values, and <c>scores</c>, which are what <see cref="FineTunedTextModel.Score"/> gives;
    /// of a <see cref="TextEmbedder"/> its vectors, <c>sentence_embedding</c>, and the states that they are made from, <c>token_embeddings</c>.
    /// </summary>
    /// <param name="model">The model; stays the caller's.</param>
    /// <param name="path">The file's path, as above.</param>
    /// <param name="options">How weights are stored; null for the defaults.</param>
    /// <param name="labels">The names of the numbers, by their order; null (default) for those that the model knows, else <c>LABEL_0</c>, … They are written into config.json and into the file's own facts. Embeddings have none.</param>
    /// <exception cref="ArgumentException">An option is outside its range or is one of language models, or there is not one label for each number; or a weight is beyond the range of float16.</exception>
    /// <exception cref="NotSupportedException">No graph is known for a part of the model; the message names it.</exception>
    /// <exception cref="ModelFileException">The files cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public static void SaveOnnx(this FineTunedTextModel model, string path, OnnxSaveOptions? options = null, IReadOnlyList<string>? labels = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        options = OnnxPlan.For(model, options);
        if (model is TextEmbedder embedder)
        {
            SaveFitted(model, path, nameof(OnnxContent.Embeddings), [], () => ModelGraph.Of(embedder, options), options, (sink, folder) => model.SaveWithoutWeights(sink, labels, folder));
            return;
        }

        IReadOnlyList<string> names = model.LabelsOr(labels);
        SaveFitted(model, path, model.ProblemType.ToString(), names, () => ModelGraph.Of(model, options), options, (sink, folder) => model.SaveWithoutWeights(sink, names, folder));
    }

    /// <summary>Writes a fine-tuned classifier of words: <c>logits</c> for each token, of which a word's first one counts, with the tags as labels.</summary>
    /// <param name="model">The model; stays the caller's.</param>
    /// <param name="path">The file's path, as above.</param>
    /// <param name="options">How weights are stored; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is outside its range or is one of language models; or a weight is beyond the range of float16.</exception>
    /// <exception cref="NotSupportedException">No graph is known for a part of the model; the message names it.</exception>
    /// <exception cref="ModelFileException">The files cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public static void SaveOnnx(this TextTokenClassifier model, string path, OnnxSaveOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        options = OnnxPlan.For(model, options);
        SaveFitted(model, path, nameof(OnnxContent.Head), model.Tags, () => ModelGraph.Of(model.LanguageModel, model.Head, options), options, model.SaveWithoutWeights);
    }

    /// <summary>Writes a fine-tuned model of questions: <c>start_logits</c> and <c>end_logits</c> for each token of question and context.</summary>
    /// <param name="model">The model; stays the caller's.</param>
    /// <param name="path">The file's path, as above.</param>
    /// <param name="options">How weights are stored; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is outside its range or is one of language models; or a weight is beyond the range of float16.</exception>
    /// <exception cref="NotSupportedException">No graph is known for a part of the model; the message names it.</exception>
    /// <exception cref="ModelFileException">The files cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public static void SaveOnnx(this TextQuestionAnswerer model, string path, OnnxSaveOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        options = OnnxPlan.For(model, options);
        SaveFitted(model, path, nameof(OnnxContent.Head), [], () => ModelGraph.Of(model.LanguageModel, model.Head, options), options, model.SaveWithoutWeights);
    }

    /// <summary>Writes the fine-tuned model of a transformer, with the names of its classes or labels: see the other overloads.</summary>
    /// <param name="transformer">The transformer; stays the caller's.</param>
    /// <param name="path">The file's path, as above.</param>
    /// <param name="options">How weights are stored; null for the defaults.</param>
    /// <exception cref="ArgumentException">As above.</exception>
    /// <exception cref="NotSupportedException">As above.</exception>
    /// <exception cref="ModelFileException">The files cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public static void SaveOnnx(this FineTunedTextTransformer transformer, string path, OnnxSaveOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(transformer);
        if (transformer.HasLexicalFeatures)
        {
            throw new NotSupportedException("N-grams have a say in the scores of this model (WithLexicalFeatures), which a graph of the language model does not have: fit without them, or save the whole with ml.Model.Save.");
        }

        transformer.Use(model => SaveOnnx(model, path, options, transformer.ScoreNames));
    }

    /// <inheritdoc cref="SaveOnnx(FineTunedTextTransformer, string, OnnxSaveOptions?)"/>
    public static void SaveOnnx(this FineTuneTokensWithDispersionTransformer transformer, string path, OnnxSaveOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(transformer);
        transformer.Use(model => SaveOnnx(model, path, options));
    }

    /// <inheritdoc cref="SaveOnnx(FineTunedTextTransformer, string, OnnxSaveOptions?)"/>
    public static void SaveOnnx(this FineTuneAnswersWithDispersionTransformer transformer, string path, OnnxSaveOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(transformer);
        transformer.Use(model => SaveOnnx(model, path, options));
    }

    private static void SaveFitted(FineTunedModel model, string path, string content, IReadOnlyList<string> labels, Func<GraphBuilder> make, OnnxSaveOptions options, Action<FileSink, string> beside) =>
        Write(path, Refusing(model.LanguageModel.Name, make), Facts(model.LanguageModel, content, labels), options, beside);

    private static (string Key, string Value)[] Facts(PretrainedLanguageModel model, OnnxContent content) =>
        Facts(model, content.ToString(), content == OnnxContent.Head ? model.Head!.Labels : []);

    private static (string Key, string Value)[] Facts(PretrainedLanguageModel model, string content, IReadOnlyList<string> labels) =>
    [
        ("name", model.Name),
        ("model_type", model.Backbone.Info.ModelType),
        ("content", content),
        .. labels.Count > 0 ? [("labels", new JsonArray([.. labels.Select(label => (JsonNode)label)]).ToJsonString(Plain))] : Array.Empty<(string, string)>(),
    ];

    private static void Write(string path, GraphBuilder graph, IEnumerable<(string Key, string Value)> facts, OnnxSaveOptions options, Action<FileSink, string> beside)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string full = Path.GetFullPath(path);
        string name = Path.GetFileName(full);
        if (name.Length == 0 || Directory.Exists(full))
        {
            throw new ModelFileException(full, "It is a directory; name a file in it, such as model.onnx.");
        }

        string folder = Path.GetDirectoryName(full)!;
        WholeDirectory.Save(
            folder,
            sink =>
            {
                beside(new OtherNames(sink, full, name), folder);
                bool isApart = OnnxFile.Write(sink, name, graph, facts, options.MaxFileBytes);
                return isApart ? [name, name + OnnxFile.DataEnding] : [name];
            },
            former => former == name + OnnxFile.DataEnding,
            listed: false);
    }

    private static GraphBuilder Refusing(string name, Func<GraphBuilder> make)
    {
        try
        {
            return make();
        }
        catch (NotSupportedException e)
        {
            throw new NotSupportedException($"{name} cannot be written as an ONNX file: {e.Message}.", e);
        }
    }

    /// <summary>Writes the files that lie beside a file, and refuses where one of them has its name.</summary>
    private sealed class OtherNames(FileSink inner, string path, string taken) : FileSink
    {
        public override void Write(string fileName, Action<Stream> write)
        {
            if (fileName.Equals(taken, StringComparison.OrdinalIgnoreCase))
            {
                throw new ModelFileException(path, $"'{fileName}' is the name of another file that lies beside the model. Take a name such as model.onnx.");
            }

            inner.Write(fileName, write);
        }

        public override FileSink? MakeFolder(string name) => inner.MakeFolder(name);
    }
}
