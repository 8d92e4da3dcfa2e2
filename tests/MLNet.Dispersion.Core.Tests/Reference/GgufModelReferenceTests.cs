using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using MLNet.Dispersion.Tests.Losses;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>Real models in one GGUF file, with golden figures beside it.</summary>
[Trait("Category", "Reference")]
[Trait("Category", "RealModel")]
public sealed class GgufModelReferenceTests : ReferenceTests
{
    // What the model's README asks for.
    private const double LikelihoodTolerance = 1e-4;
    private const double LossTolerance = 3e-5;
    private const double LogitTolerance = 3e-4;
    private const double StateTolerance = 1e-5;
    private const double CosineTolerance = 2e-6;
    private const double PerplexityTolerance = 1e-4;
    private const double NormTolerance = 1e-3;
    private const double TrainingTolerance = 1e-4;

    // For these it states none, and they follow from what it does. Two lengths differ by no more than their difference is long, so a row's norm is as near as the row, and a gap between two logits lacks
    // twice what one logit may.
    private const double RowNormTolerance = StateTolerance;
    private const double GapTolerance = 2 * LogitTolerance;

    // For what follows it states none, either. The dispersion's own gradient is the difference of two gradients of which it is a few thousandths at most, so that their rounding is some thousandth of it;
    // a layer that is left out of it, a wrong factor or sign are some hundredths or more. In what the steps of training moved, the reference's float32 and float64 differ by nearly a hundredth.
    private const double DifferenceTolerance = 1e-2;
    private const double MovementTolerance = 1e-2;

    // The cosines of a model in training inherit what rounding did to its weights in the steps before: as far apart as the reference's own float32 and float64, and no nearer than thrice that can be asked.
    private const double NoiseFactor = 3;

    // Metadata types by their numbers in the format.
    private static readonly string[] ValueTypes = ["UINT8", "INT8", "UINT16", "INT16", "UINT32", "INT32", "FLOAT32", "BOOL", "STRING", "ARRAY", "UINT64", "INT64", "FLOAT64"];

    private static IEnumerable<string> Keys => RealModels.Keys(RealModels.IsFile);

    [SkippableFact]
    public void Read_Tensors_GivesTheSameBits() => Each(folder =>
    {
        using FileStream stream = File.OpenRead(FileOf(folder));
        var reader = new GgufReader(stream, folder.Key);
        var entries = reader.Entries.ToDictionary(entry => entry.Name);
        JsonElement[] tensors = [.. folder.Json("golden", "gguf.json").GetProperty("tensors").EnumerateArray()];
        folder.Case("tensors", () =>
        {
            Assert.Equal(tensors.Length, entries.Count);
            foreach (JsonElement tensor in tensors)
            {
                GgufEntry entry = entries[tensor.GetProperty("name").GetString()!];
                Assert.Equal(tensor.GetProperty("type").GetString(), entry.Type.ToString());
                Assert.Equal(tensor.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()), entry.Shape);
                Assert.Equal(tensor.GetProperty("bytes").GetInt64(), entry.ByteLength);
                Assert.Equal(tensor.GetProperty("offset").GetInt64(), reader.DataStart + entry.Offset);
                using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                reader.ReadValues(entry, values => hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values)));
                Assert.True(tensor.GetProperty("sha256_f32").GetString() == Convert.ToHexStringLower(hash.GetHashAndReset()), entry.Name);
            }
        });
        folder.Case("metadata", () =>
        {
            JsonElement file = folder.Json("golden", "gguf.json");
            Assert.Equal(file.GetProperty("data_offset").GetInt64(), reader.DataStart);
            JsonElement[] values = [.. file.GetProperty("metadata").EnumerateArray()];
            Assert.Equal(values.Select(value => value.GetProperty("key").GetString()).Order(StringComparer.Ordinal), reader.Values.Keys.Order(StringComparer.Ordinal));
            foreach (JsonElement value in values)
            {
                CompareMetadata(value, reader.Values[value.GetProperty("key").GetString()!]);
            }
        });
    });

    [SkippableFact]
    public void Encode_Texts_GivesTheReferencesIds() => Each(folder =>
    {
        var tokenizer = (PipelineTokenizer)TextTokenizer.Load(new GgufSource(FileOf(folder)));
        JsonElement file = folder.Json("golden", "token_ids.json");
        folder.Case("tokens", () =>
        {
            foreach (JsonElement text in file.GetProperty("cases").EnumerateArray().Concat(file.GetProperty("chats").EnumerateArray()))
            {
                int[] ids = Ids(text.GetProperty("ids"));
                Assert.True(ids.SequenceEqual(tokenizer.Encode(text.GetProperty("text").GetString()!).Ids), $"'{text.GetProperty("text")}'");
                if (text.TryGetProperty("decoded", out JsonElement decoded))
                {
                    Assert.Equal(decoded.GetString(), tokenizer.Decode(ids, skipSpecialTokens: false));
                    Assert.Equal(text.GetProperty("decoded_skip_special").GetString(), tokenizer.Decode(ids, skipSpecialTokens: true));
                }
            }

            Assert.Equal(file.GetProperty("vocab_size").GetInt32(), tokenizer.VocabularySize);
        });
        folder.Case("running text", () =>
        {
            var tensors = new GoldenTensors(folder.FileOf("golden", "expected.safetensors"));
            foreach (JsonElement text in folder.Json("golden", "expected.json").GetProperty("texts").EnumerateArray())
            {
                Assert.Equal(Ids(text.GetProperty("input_ids")), tokenizer.Encode(text.GetProperty("text").GetString()!).Ids);
            }

            foreach (JsonElement text in folder.Json("golden", "expected.json").GetProperty("greedy").EnumerateArray())
            {
                Assert.Equal(Ids(text.GetProperty("input_ids")), tokenizer.Encode(text.GetProperty("prompt").GetString()!).Ids);
                Assert.Equal(text.GetProperty("text").GetString(), tokenizer.Decode(Ids(text.GetProperty("new_ids")), skipSpecialTokens: false));
            }

            // A source that is no file of its own, such as one of many books in an archive, is left out: it was cut out of that in a way that the golden file says in words alone.
            foreach (JsonElement text in folder.Json("golden", "expected.json").GetProperty("perplexity").EnumerateArray().Where(text => SharedFixtures.Has("data", text.GetProperty("source").GetString()!)))
            {
                long[] expected = tensors.Longs($"perplexity.{text.GetProperty("name").GetString()}.input_ids");
                string whole = File.ReadAllText(SharedFixtures.Path("data", text.GetProperty("source").GetString()!));
                int characters = int.Parse(Regex.Match(text.GetProperty("encoded").GetString()!, "[0-9]+").Value, CultureInfo.InvariantCulture);
                string encoded = string.Concat(whole.EnumerateRunes().Take(characters));
                Assert.Equal(expected, tokenizer.Encode(encoded, expected.Length).Ids.Select(id => (long)id));
            }
        });
    });

    [SkippableFact]
    public void Forward_Texts_GivesLikelihoodsStatesAndGeometry() => EachModel((folder, model) =>
    {
        JsonElement[] peers = [.. folder.Json("golden", "llama_cpp.json").GetProperty("float32_copy").GetProperty("texts").EnumerateArray()];
        var tensors = new GoldenTensors(folder.FileOf("golden", "expected.safetensors"));
        foreach (JsonElement text in folder.Json("golden", "expected.json").GetProperty("texts").EnumerateArray())
        {
            string name = text.GetProperty("name").GetString()!;
            folder.Case($"text {name}", () =>
            {
                using var scope = NewDisposeScope();
                using var noGradient = no_grad();
                long[] ids = [.. Ids(text.GetProperty("input_ids")).Select(id => (long)id)];
                BackboneOutput output = model.Backbone.Forward(tensor(ids).unsqueeze(0), null, HiddenStateSelection.All);
                Tensor logits = model.Backbone.Logits(output.LastHiddenState).squeeze(0);
                double[] likelihoods = Likelihoods(logits, ids);

                Assert.All(text.Numbers("log_likelihood").Zip(likelihoods), pair => Assert.Equal(pair.First, pair.Second, LikelihoodTolerance));
                Assert.Equal(text.Number("loss"), -likelihoods.Average(), LossTolerance);
                Assert.Equal(text.Number("loss_f64"), -likelihoods.Average(), LossTolerance);
                Assert.Equal(text.Number("loss"), LanguageModelTrainer.MeanNegativeLogLikelihood(model, [Ids(text.GetProperty("input_ids"))]), LossTolerance);

                // A sum of so many losses.
                Assert.Equal(text.Number("sum"), likelihoods.Sum(), likelihoods.Length * LossTolerance);
                Assert.Equal(peers.Single(peer => peer.GetProperty("name").GetString() == name).Number("sum"), likelihoods.Sum(), likelihoods.Length * LossTolerance);
                Assert.Equal(Ids(text.GetProperty("greedy_next")), logits.argmax(-1).data<long>().Select(id => (int)id));
                Assert.InRange((logits[^1] - tensors.Tensor($"{name}.last_logits")).abs().max().item<float>(), 0, LogitTolerance);
                for (int layer = 0; layer < output.HiddenStates.Count; layer++)
                {
                    Tensor states = output.HiddenStates[layer]!.squeeze(0);
                    string golden = $"{name}.hidden_states.{layer}";
                    if (tensors.Contains(golden))
                    {
                        Tensor reference = tensors.Tensor(golden);
                        double error = (Norms(states - reference) / Norms(reference)).max().item<float>();
                        Assert.True(error <= StateTolerance, $"state {layer} is off by {error:g3} of its row's norm");
                    }

                }

                CompareGeometry(text, [.. output.HiddenStates.Select(states => states!.squeeze(0))]);
                var options = new DispersionOptions { MaxTokens = null };
                Tensor dispersion = DispersionRegularizer.Compute(output.HiddenStates, null, options, null);
                Assert.Equal(text.Number("dispersion"), dispersion.item<float>(), CosineTolerance);
                Assert.Equal(text.Number("dispersion_f64"), dispersion.item<float>(), CosineTolerance);
                foreach (var (layer, spread) in text.GetProperty("angular_spread").EnumerateArray().Index().Where(spread => spread.Item.ValueKind == JsonValueKind.Number))
                {
                    Assert.Equal(spread.Number(), DispersionLoss.Compute(output.HiddenStates[layer]!, null, options).item<float>(), CosineTolerance);
                }
            });
        }
    });

    [SkippableFact]
    [Trait("Category", "Long")]
    public void Generate_Greedily_WritesTheReferencesTokens() => EachModel((folder, model) =>
    {
        JsonElement peers = folder.Json("golden", "llama_cpp.json").GetProperty("float32_copy").GetProperty("greedy");
        foreach (var (text, index) in folder.Json("golden", "expected.json").GetProperty("greedy").EnumerateArray().Select((text, index) => (text, index)))
        {
            folder.Case($"greedy {index}", () =>
            {
                int[] expected = Ids(text.GetProperty("new_ids"));
                bool ends = text.GetProperty("stopped_at_eos").GetBoolean();
                GeneratedText found = model.Generate([text.GetProperty("prompt").GetString()], new TextGenerationOptions { MaxNewTokens = expected.Length })[0];
                Assert.Equal(ends ? expected[..^1] : expected, found.TokenIds);
                Assert.Equal(ends ? GenerationFinishReason.EndOfText : GenerationFinishReason.MaxNewTokens, found.FinishReason);
                Assert.Equal(Ids(peers[index].GetProperty("new_ids")), expected);
                double[] gaps = text.Numbers("gaps");
                Assert.Equal(expected.Length, gaps.Length);
                Assert.All(gaps.Zip(Gaps(model, Ids(text.GetProperty("input_ids")), expected)), pair => Assert.Equal(pair.First, pair.Second, GapTolerance));
            });
        }
    });

    [SkippableFact]
    [Trait("Category", "Long")]
    public void Perplexity_OfTexts_IsTheReferences() => EachModel((folder, model) =>
    {
        var tensors = new GoldenTensors(folder.FileOf("golden", "expected.safetensors"));
        foreach (JsonElement text in folder.Json("golden", "expected.json").GetProperty("perplexity").EnumerateArray())
        {
            string name = text.GetProperty("name").GetString()!;
            folder.Case($"perplexity {name}", () =>
            {
                long[] ids = tensors.Longs($"perplexity.{name}.input_ids");
                CompareWindows(model, ids, text);
                if (text.TryGetProperty("sliding", out JsonElement sliding))
                {
                    CompareWindows(model, ids, sliding);
                }
            });
        }
    });

    [SkippableFact]
    public void Backward_Batch_GivesTheReferencesGradients() => EachModel((folder, model) =>
    {
        JsonElement golden = folder.Json("golden", "expected.json").GetProperty("gradients");
        var tensors = new GoldenTensors(folder.FileOf("golden", "expected.safetensors"));
        folder.Case("gradients", () =>
        {
            using var scope = NewDisposeScope();
            int[][] rows = [.. golden.GetProperty("input_ids").EnumerateArray().Select(row => Ids(row))];
            Tensor ids = tensor(rows.SelectMany(row => row).Select(id => (long)id).ToArray(), [rows.Length, rows[0].Length]);
            BackboneOutput output = model.Backbone.Forward(ids, null, HiddenStateSelection.All);
            Tensor logits = model.Backbone.Logits(output.LastHiddenState).narrow(1, 0, rows[0].Length - 1);
            Tensor entropy = nn.functional.cross_entropy(logits.flatten(0, 1), ids.narrow(1, 1, rows[0].Length - 1).flatten());
            Tensor dispersion = DispersionRegularizer.Compute(output.HiddenStates, null, new DispersionOptions { MaxTokens = null }, null);
            Assert.Equal(golden.Number("ce"), entropy.item<float>(), LossTolerance);
            Assert.Equal(golden.Number("ce_f64"), entropy.item<float>(), LossTolerance);
            Assert.Equal(golden.Number("dispersion"), dispersion.item<float>(), CosineTolerance);
            Assert.Equal(golden.Number("dispersion_f64"), dispersion.item<float>(), CosineTolerance);

            entropy.backward(retain_graph: true);
            Dictionary<string, Tensor> plain = CompareGradients(model, golden, tensors, "ce");
            model.Backbone.zero_grad();
            (entropy + (dispersion * golden.Number("coefficient"))).backward();
            Dictionary<string, Tensor> both = CompareGradients(model, golden, tensors, "ce_plus_dispersion");

            // The dispersion's part is too small beside the entropy's to show in either of the two: their difference is it alone.
            Assert.NotEmpty(plain);
            foreach (string name in plain.Keys)
            {
                Tensor expected = tensors.Tensor($"grad.ce_plus_dispersion.{name}") - tensors.Tensor($"grad.ce.{name}");
                double error = ((both[name] - plain[name] - expected).norm() / expected.norm()).item<float>();
                Assert.True(error <= DifferenceTolerance, $"the dispersion's gradient of {name} is off by {error:g3} of its norm");
            }
        });
    });

    [SkippableFact]
    [Trait("Category", "Long")]
    public void Train_TenSteps_FollowsTheReference() => Each(folder =>
    {
        JsonElement file = folder.Json("golden", "training.json");
        JsonElement settings = file.GetProperty("settings");
        int[][][] batches = [.. file.GetProperty("input_ids").EnumerateArray().Select(batch => batch.EnumerateArray().Select(row => Ids(row)).ToArray())];
        foreach (JsonProperty run in file.GetProperty("runs").EnumerateObject().Where(run => !run.Name.EndsWith("_f64", StringComparison.Ordinal)))
        {
            folder.Case($"training {run.Name}", () =>
            {
                using var scope = NewDisposeScope();
                using PretrainedLanguageModel model = Load(folder);
                double[] betas = settings.Numbers("betas");
                var options = new FineTuneOptions
                {
                    LearningRate = settings.Number("lr"),
                    WeightDecay = settings.Number("weight_decay"),
                    Beta1 = betas[0],
                    Beta2 = betas[1],
                    AdamEpsilon = settings.Number("eps"),
                    MaxGradNorm = settings.Number("clip_global_norm"),
                    Dispersion = { Coefficient = run.Name.Contains("dispersion", StringComparison.Ordinal) ? 0.1 : 0, MaxTokens = null },
                };
                JsonElement final = run.Value.GetProperty("final");
                Dictionary<string, double[]> before = Summaries(model, final);
                using var optimizer = ParameterGroups.CreateOptimizer(model.Backbone.named_parameters(), [], options);
                using var generator = new Generator(1, CPU);
                var step = new TrainingStep(model.Backbone, new CausalLMObjective(), optimizer, options.Dispersion, options.MaxGradNorm, generator, CPU);
                JsonElement wide = file.GetProperty("runs").GetProperty($"{run.Name}_f64");
                JsonElement[] steps = [.. run.Value.GetProperty("steps").EnumerateArray()];
                JsonElement[] wideSteps = [.. wide.GetProperty("steps").EnumerateArray()];
                double cosineTolerance = Math.Max(CosineTolerance, NoiseFactor * steps.Zip(wideSteps, (a, b) => Math.Abs(a.Number("mean_cosine_offdiag_last") - b.Number("mean_cosine_offdiag_last"))).Max());
                model.Backbone.train();
                foreach (var (rows, golden, goldenWide) in batches.Zip(steps, wideSteps))
                {
                    var (cosine, dispersion) = Geometry(model, rows);
                    Assert.Equal(golden.Number("mean_cosine_offdiag_last"), cosine, cosineTolerance);
                    Assert.Equal(golden.Number("dispersion"), dispersion, TrainingTolerance);
                    StepFigures figures = step.Run([new TrainingRows(rows).Batch([.. Enumerable.Range(0, rows.Length)], padId: 0)], options.LearningRate!.Value, CancellationToken.None);
                    Assert.Equal(golden.Number("ce"), figures.TaskLoss, TrainingTolerance);
                    double norm = golden.Number("grad_norm_before_clip");
                    Assert.Equal(norm, figures.GradientNorm, norm * NormTolerance);
                    Assert.Equal(golden.Number("loss"), figures.TaskLoss + (options.Dispersion.Coefficient * (figures.Dispersion ?? 0)), TrainingTolerance);
                    Assert.Equal(goldenWide.Number("ce"), figures.TaskLoss, TrainingTolerance);
                    Assert.Equal(goldenWide.Number("grad_norm_before_clip"), figures.GradientNorm, norm * NormTolerance);
                    if (options.Dispersion.Coefficient > 0)
                    {
                        Assert.Equal(golden.Number("dispersion"), figures.Dispersion!.Value, TrainingTolerance);
                    }
                }

                model.Backbone.eval();
                double after = LanguageModelTrainer.MeanNegativeLogLikelihood(model, batches[0]);
                Assert.Equal(run.Value.Number("ce_of_batch_0_after"), after, TrainingTolerance);
                Assert.Equal(wide.Number("ce_of_batch_0_after"), after, TrainingTolerance);
                foreach (var (name, found) in Summaries(model, final))
                {
                    JsonElement golden = final.GetProperty(name);
                    double[] expected = [golden.Number("sum"), golden.Number("norm"), .. golden.Numbers("first4")];

                    // What they moved alone: beside what the weights were before, it is too small to show.
                    Assert.All(expected.Index(), pair => Assert.Equal(pair.Item, found[pair.Index], Math.Abs(pair.Item - before[name][pair.Index]) * MovementTolerance));
                }
            });
        }
    });

    /// <summary>Compares what windows of a text lose, each a sequence of its own that is scored on what the ones before it did not hold, its first token never.</summary>
    private static void CompareWindows(PretrainedLanguageModel model, long[] ids, JsonElement golden)
    {
        long[] text = ids[..golden.GetProperty("tokens").GetInt32()];
        double[] expected = golden.Numbers("nll_per_window");
        var losses = new List<double>();
        int predicted = 0;
        for (int start = 0, end = 0; end < text.Length; start += golden.GetProperty("stride").GetInt32())
        {
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            int held = end;
            end = Math.Min(start + golden.GetProperty("window").GetInt32(), text.Length);
            long[] window = text[start..end];
            Tensor states = model.Backbone.Forward(tensor(window).unsqueeze(0), null, HiddenStateSelection.None).LastHiddenState;
            int scored = Math.Min(end - held, window.Length - 1);
            double loss = -Likelihoods(model.Backbone.Logits(states).squeeze(0), window)[^scored..].Sum();
            Assert.True(losses.Count < expected.Length, $"there are {expected.Length} windows, and more here");
            Assert.Equal(expected[losses.Count], loss, scored * LossTolerance);
            losses.Add(loss);
            predicted += scored;
        }

        Assert.Equal((expected.Length, golden.GetProperty("predicted").GetInt32()), (losses.Count, predicted));
        if (golden.TryGetProperty("nll", out JsonElement sum))
        {
            Assert.Equal(sum.Number(), losses.Sum(), predicted * LossTolerance);
        }

        double perplexity = golden.Number("perplexity");
        Assert.Equal(perplexity, Math.Exp(losses.Sum() / predicted), perplexity * PerplexityTolerance);
    }

    /// <summary>Compares what the library's own measures find in each hidden state of a text: in all rows, in the first one, and in those behind it.</summary>
    private static void CompareGeometry(JsonElement golden, Tensor[] states)
    {
        // The cosines of one row are no number: only its norm is asked for.
        TextGeometry whole = TextGeometry.Measure(states, [GeometryMeasure.MeanCosine, GeometryMeasure.MeanCosineOffDiagonal]);
        TextGeometry first = TextGeometry.Measure([.. states.Select(rows => rows[..1])], [GeometryMeasure.MeanNorm]);
        TextGeometry others = TextGeometry.Measure([.. states.Select(rows => rows[1..])], [GeometryMeasure.MeanCosineOffDiagonal, GeometryMeasure.MeanNorm]);
        AssertNear("mean_cosine_full", whole.ByLayer(GeometryMeasure.MeanCosine), _ => CosineTolerance);
        AssertNear("mean_cosine_offdiag", whole.ByLayer(GeometryMeasure.MeanCosineOffDiagonal), _ => CosineTolerance);
        AssertNear("mean_cosine_offdiag_f64", whole.ByLayer(GeometryMeasure.MeanCosineOffDiagonal), _ => CosineTolerance);
        AssertNear("mean_cosine_offdiag_without_first_token", others.ByLayer(GeometryMeasure.MeanCosineOffDiagonal), _ => CosineTolerance);
        AssertNear("norm_first_token", first.ByLayer(GeometryMeasure.MeanNorm), norm => norm * RowNormTolerance);
        AssertNear("norm_others_mean", others.ByLayer(GeometryMeasure.MeanNorm), norm => norm * RowNormTolerance);

        void AssertNear(string name, IReadOnlyList<double> found, Func<double, double> tolerance)
        {
            double[] expected = golden.Numbers(name);
            Assert.Equal(expected.Length, found.Count);
            Assert.All(expected.Index(), layer => Assert.True(Math.Abs(layer.Item - found[layer.Index]) <= tolerance(layer.Item), $"{name} of hidden state {layer.Index}: {layer.Item}, not {found[layer.Index]}"));
        }
    }

    /// <summary>Of a model as it is in training: the mean cosine between different tokens of the last hidden state, meaned over the rows, and the dispersion.</summary>
    private static (double Cosine, double Dispersion) Geometry(PretrainedLanguageModel model, int[][] rows)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        BackboneOutput output = model.Backbone.Forward(tensor(rows.SelectMany(row => row).Select(id => (long)id).ToArray(), rows.Length, rows[0].Length), null, HiddenStateSelection.All);
        double cosine = Enumerable.Range(0, rows.Length).Average(row => CosineGeometry.Means(output.LastHiddenState[row]).OffDiagonal);
        return (cosine, DispersionRegularizer.Compute(output.HiddenStates, null, new DispersionOptions { MaxTokens = null }, null).item<float>());
    }

    /// <summary>How far the best token stands above the next one, before each token that was written.</summary>
    private static double[] Gaps(PretrainedLanguageModel model, int[] prompt, int[] written)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        long[] ids = [.. prompt.Concat(written[..^1]).Select(id => (long)id)];
        Tensor states = model.Backbone.Forward(tensor(ids).unsqueeze(0), null, HiddenStateSelection.None).LastHiddenState;
        Tensor best = model.Backbone.Logits(states.narrow(1, prompt.Length - 1, written.Length)).squeeze(0).topk(2).values;
        return [.. (best[.., 0] - best[.., 1]).data<float>().Select(gap => (double)gap)];
    }

    private static void CompareMetadata(JsonElement golden, GgufValue found)
    {
        string type = ValueTypes[found.Type];
        Assert.Equal(golden.GetProperty("type").EnumerateArray().Select(name => name.GetString()), found.IsArray ? ["ARRAY", type] : [type]);
        string[] values = [.. (found.IsArray ? ((System.Collections.IEnumerable)found.Value).Cast<object>() : [found.Value]).Select(Shown)];
        if (golden.TryGetProperty("length", out JsonElement length))
        {
            Assert.Equal(length.GetInt32(), values.Length);
            Assert.Equal(golden.GetProperty("sha256_of_lines").GetString(), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', values)))));
            return;
        }

        JsonElement value = golden.GetProperty("value");
        Assert.Equal((value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : (JsonElement[])[value]).Select(item => item.ValueKind == JsonValueKind.Number ? Shown(item.Number()) : item.ToString()), values);
    }

    private static string Shown(object value) => value is string text ? text : value is bool flag ? flag.ToString() : Convert.ToDouble(value, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);

    /// <summary>Compares the gradients of one loss, and gives copies of those that the reference stored whole.</summary>
    private static Dictionary<string, Tensor> CompareGradients(PretrainedLanguageModel model, JsonElement golden, GoldenTensors tensors, string loss)
    {
        var norms = golden.GetProperty($"{loss}_grad_norm").EnumerateObject().ToDictionary(norm => norm.Name, norm => norm.Value.Number());
        JsonElement beginnings = golden.GetProperty($"{loss}_grad_first4");
        var whole = new Dictionary<string, Tensor>();
        double squares = 0;
        Assert.Equal(norms.Keys.Order(StringComparer.Ordinal), model.Backbone.named_parameters().Select(pair => pair.name).Order(StringComparer.Ordinal));
        foreach (var (name, parameter) in model.Backbone.named_parameters())
        {
            Tensor gradient = parameter.grad!;
            double norm = gradient.norm().item<float>();
            Assert.Equal(norms[name], norm, norms[name] * NormTolerance);
            squares += norm * norm;
            double[] first = beginnings.Numbers(name);
            double[] found = [.. gradient.flatten()[..first.Length].data<float>().Select(value => (double)value)];
            double apart = Math.Sqrt(first.Zip(found, (a, b) => (a - b) * (a - b)).Sum() / first.Sum(value => value * value));
            Assert.True(apart <= NormTolerance, $"the first values of {name}'s gradient are off by {apart:g3} of their norm");
            string stored = $"grad.{loss}.{name}";
            if (tensors.Contains(stored))
            {
                Tensor expected = tensors.Tensor(stored);
                double error = ((gradient - expected).norm() / expected.norm()).item<float>();
                Assert.True(error <= NormTolerance, $"{stored} is off by {error:g3} of its norm");
                whole.Add(name, gradient.clone());
            }
        }

        double total = golden.Number($"{loss}_grad_norm_total");
        Assert.Equal(total, Math.Sqrt(squares), total * NormTolerance);
        return whole;
    }

    /// <summary>Of each parameter that <paramref name="final"/> names: its sum, its norm and its first values.</summary>
    private static Dictionary<string, double[]> Summaries(PretrainedLanguageModel model, JsonElement final)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var parameters = model.Backbone.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);
        return final.EnumerateObject().ToDictionary(parameter => parameter.Name, parameter =>
        {
            Tensor values = parameters[parameter.Name].to(ScalarType.Float64).flatten();
            return (double[])[values.sum().item<double>(), values.norm().item<double>(), .. values[..parameter.Value.GetProperty("first4").GetArrayLength()].data<double>()];
        });
    }

    private static void Each(Action<ReferenceFolder> cases) => CheckEach(Keys, cases, error => error is ModelFileException or NotSupportedException);

    private static void EachModel(Action<ReferenceFolder, PretrainedLanguageModel> cases) => Each(folder =>
    {
        using PretrainedLanguageModel model = Load(folder);
        cases(folder, model);
    });

    private static PretrainedLanguageModel Load(ReferenceFolder folder) => PretrainedLanguageModel.Load(ModelSource.FromGguf(FileOf(folder)));

    private static string FileOf(ReferenceFolder folder) => Directory.EnumerateFiles(folder.FullPath, "*.gguf").Order(StringComparer.Ordinal).First();

    /// <summary>The log-likelihood of every token but the first, in float64.</summary>
    private static double[] Likelihoods(Tensor logits, long[] ids)
    {
        var likelihoods = new double[ids.Length - 1];
        for (int at = 0; at < likelihoods.Length; at++)
        {
            float[] row = logits[at].data<float>().ToArray();
            double most = row.Max();
            likelihoods[at] = row[ids[at + 1]] - most - Math.Log(row.Sum(value => Math.Exp(value - most)));
        }

        return likelihoods;
    }

    private static Tensor Norms(Tensor rows) => rows.square().sum([1], keepdim: true).sqrt();

    private static int[] Ids(JsonElement ids) => [.. ids.EnumerateArray().Select(id => id.GetInt32())];
}
