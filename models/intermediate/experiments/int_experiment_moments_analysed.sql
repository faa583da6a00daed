{{ experiment_results_from_sums(ref('int_experiment_moments')) }}
