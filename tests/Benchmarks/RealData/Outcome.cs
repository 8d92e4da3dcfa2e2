namespace MLNet.Dispersion.Benchmarks.RealData;

/// <summary>One run's result.</summary>
/// <param name="Contender">Who.</param>
/// <param name="Model">What the fine-tuned model is called.</param>
/// <param name="Set">The labelled set.</param>
/// <param name="Size">A <see cref="TrainingSize"/>.</param>
/// <param name="Fresh">Whether the test rows are of the train file.</param>
/// <param name="Seed">Of draw and training.</param>
/// <param name="Scores">What came out.</param>
/// <param name="Seconds">What it took, with its tests.</param>
/// <param name="Done">When.</param>
/// <param name="TestDraw">The seed that drew fresh test rows.</param>
/// <param name="Cosines">Mean cosine between the tokens of a text by hidden state, before training and behind it; null where nothing was fine-tuned and in older files.</param>
internal sealed record Outcome(string Contender, string Model, string Set, string Size, bool Fresh, int Seed, Scores Scores, double Seconds, DateTime Done, int TestDraw = DataSet.FirstTestDraw, Cosines? Cosines = null);

/// <summary>What training did to the cosines.</summary>
/// <param name="Before">By hidden state, the embeddings first.</param>
/// <param name="After">The same behind training.</param>
internal sealed record Cosines(double[] Before, double[] After);
